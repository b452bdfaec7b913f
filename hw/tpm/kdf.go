package tpm

import (
	"crypto/aes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
)

// kdfa makes a key of length bytes from a secret: HMAC in counter mode (part 1,
// 11.4.10.2; SP 800-108).
func kdfa(key []byte, label string, contextU, contextV []byte, length int) []byte {
	var out []byte
	for i := uint32(1); len(out) < length; i++ {
		h := hmac.New(sha256.New, key)
		var n [4]byte
		binary.BigEndian.PutUint32(n[:], i)
		h.Write(n[:])
		h.Write(append([]byte(label), 0))
		h.Write(contextU)
		h.Write(contextV)
		binary.BigEndian.PutUint32(n[:], uint32(length)*8)
		h.Write(n[:])
		out = h.Sum(out)
	}
	return out[:length]
}

// kdfe makes 32 bytes of a point's x that two parties agreed on (part 1,
// 11.4.10.3; SP 800-56A).
func kdfe(z []byte, label string, partyU, partyV []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, 1)
	b = append(b, z...)
	b = append(append(b, label...), 0)
	b = append(append(b, partyU...), partyV...)
	sum := sha256.Sum256(b)
	return sum[:]
}

const aesKeyBytes = 16

// cfb encrypts or decrypts b in place by AES-128 in CFB mode, keyIV having the key
// and the first block (SP 800-38A, 6.3). The library's is deprecated, as the mode
// does not authenticate; here the session's HMAC does.
func cfb(keyIV, b []byte, encrypt bool) {
	block, err := aes.NewCipher(keyIV[:aesKeyBytes])
	if err != nil {
		panic("tpm: a key of 16 bytes is refused: " + err.Error())
	}
	before := append([]byte(nil), keyIV[aesKeyBytes:]...)
	var pad [aes.BlockSize]byte
	for len(b) > 0 {
		block.Encrypt(pad[:], before)
		n := min(len(b), aes.BlockSize)
		if !encrypt {
			copy(before, b[:n])
		}
		for i := range n {
			b[i] ^= pad[i]
		}
		if encrypt {
			copy(before, b[:n])
		}
		b = b[n:]
	}
}
