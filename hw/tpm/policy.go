package tpm

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

// pcrSum is the hash of the selected PCRs' values in order of their numbers (part 1,
// 17.6). One that is missing is an error.
func pcrSum(s Selection, pcrs map[int][DigestBytes]byte) (sum [DigestBytes]byte, err error) {
	var values []byte
	for n := range PCRs {
		if s>>n&1 == 0 {
			continue
		}
		v, is := pcrs[n]
		if !is {
			return sum, fmt.Errorf("tpm: the value of PCR %d is not known", n)
		}
		values = append(values, v[:]...)
	}
	return sha256.Sum256(values), nil
}

// PCRPolicy is the policy of "these PCRs have these values" (part 3, 23.7): what
// [PolicyPCR] leaves in a new session that shows it.
func PCRPolicy(s Selection, pcrs map[int][DigestBytes]byte) (policy [DigestBytes]byte, err error) {
	sum, err := pcrSum(s, pcrs)
	if err != nil {
		return policy, err
	}
	b := make([]byte, DigestBytes) // a new session's digest
	b = binary.BigEndian.AppendUint32(b, codePolicyPCR)
	b = appendSelection(b, s)
	return sha256.Sum256(append(b, sum[:]...)), nil
}

// PolicyPCR shows in a policy session what the PCRs are now (part 3, 23.7). The
// answer has nothing of use; the policy's use tells whether it was right.
func PolicyPCR(session *Session, s Selection) Command {
	b := binary.BigEndian.AppendUint32(nil, session.Handle)
	b = appendSized(b, nil) // any values
	return message("show the PCRs", tagNoSessions, codePolicyPCR, appendSelection(b, s))
}

// PolicyDigest is TPM2_PolicyGetDigest (part 3, 23.19): what was shown so far.
func PolicyDigest(session *Session) Command {
	return message("read the policy", tagNoSessions, codePolicyGetDigest, binary.BigEndian.AppendUint32(nil, session.Handle))
}

// DecodePolicyDigest reads the answer.
func DecodePolicyDigest(b []byte) (digest [DigestBytes]byte, err error) {
	r, err := open("read the policy", b)
	if err != nil {
		return digest, err
	}
	got := r.sized()
	if err := r.end(); err != nil {
		return digest, err
	}
	if len(got) != DigestBytes {
		return digest, fmt.Errorf("tpm: read the policy: %d bytes", len(got))
	}
	return [DigestBytes]byte(got), nil
}
