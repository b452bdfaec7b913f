package job

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"mote/hw/tpm"
)

// SealedVersion is the form of [Sealed].
const SealedVersion = 1

// Sealed is a secret that only one TPM opens, while its PCRs have the values that
// they had. It may stand anywhere: without the TPM it is of no use.
type Sealed struct {
	Version int `json:"version"`
	// PCRs are the values of the SHA-256 bank, in hexadecimal, by number.
	PCRs map[string]string `json:"pcrs_sha256"`
	// Storage is the name of the key that it is sealed below.
	Storage []byte `json:"storage_key_name"`
	// Public and Private are TPM2B_PUBLIC and TPM2B_PRIVATE without their lengths.
	Public  []byte `json:"public"`
	Private []byte `json:"private"`
}

// unsealTries bounds how often a secret is asked for again because a PCR was
// extended meanwhile, one that it may not even be sealed to.
const unsealTries = 3

// Seal seals a secret of up to [tpm.SecretBytesMax] bytes to the values that the
// PCRs have now. Nothing of it passes the TPM's bus in clear.
func Seal(device TPMDevice, pcrs tpm.Selection, secret []byte) (sealed Sealed, err error) {
	if pcrs == 0 || pcrs&^tpm.All != 0 {
		return Sealed{}, errors.New("tpm: seal: name the PCRs that it is sealed to, of 0 to 23, such as 7 and 11; sealed to none it would open for everybody")
	}
	values, err := readPCRs(device, pcrs)
	if err != nil {
		return Sealed{}, err
	}
	policy, err := tpm.PCRPolicy(pcrs, values)
	if err != nil {
		return Sealed{}, err
	}
	u, err := useTPM(device)
	defer func() { err = errors.Join(err, u.close()) }()
	if err != nil {
		return Sealed{}, err
	}
	c, err := tpm.Seal(u.storage, policy, secret)
	if err != nil {
		return Sealed{}, err
	}
	a, err := u.call(c)
	if err != nil {
		return Sealed{}, err
	}
	sealed = Sealed{Version: SealedVersion, PCRs: texts(values), Storage: u.storage.Name}
	sealed.Private, sealed.Public, err = tpm.DecodeSealed(a, policy)
	return sealed, err
}

// Unseal gives the secret. With other PCRs it is [tpm.ErrPolicy], and the error names
// those that differ; on another TPM, or after this one was cleared, it says so.
func Unseal(device TPMDevice, s Sealed) (secret []byte, err error) {
	if s.Version != SealedVersion {
		return nil, fmt.Errorf("tpm: unseal: the sealed secret has form %d, this program knows %d", s.Version, SealedVersion)
	}
	pcrs, then, err := parsePCRs(s.PCRs)
	if err != nil {
		return nil, err
	}
	now, err := readPCRs(device, pcrs)
	if err != nil {
		return nil, err
	}
	if differ := differences(then, now); len(differ) > 0 {
		return nil, fmt.Errorf("tpm: unseal: PCR %s changed since it was sealed: %w; start the release that sealed it, or seal anew", commas(differ), tpm.ErrPolicy)
	}
	u, err := useTPM(device)
	defer func() { err = errors.Join(err, u.close()) }()
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(u.storage.Name, s.Storage) {
		return nil, errors.New("tpm: unseal: it was sealed by another TPM, or before this one was cleared; seal anew")
	}
	a, err := u.call(tpm.Load(u.storage, s.Private, s.Public))
	if err == nil {
		err = tpm.Loaded(a, s.Public)
	}
	for try := 1; err == nil; try++ {
		secret, err := u.unseal(a.Handle, pcrs, s.Public)
		if !errors.Is(err, tpm.ErrPCRChanged) || try == unsealTries {
			return secret, err
		}
	}
	return nil, err
}

// unseal shows the PCRs in a new session, and asks in it for the secret.
func (u *tpmUse) unseal(handle uint32, pcrs tpm.Selection, public []byte) ([]byte, error) {
	session, err := u.start(tpm.SessionPolicy)
	if err != nil {
		return nil, err
	}
	if err := u.send(tpm.PolicyPCR(session, pcrs)); err != nil {
		return nil, err
	}
	if err := u.holds(session, public); err != nil {
		return nil, err
	}
	a, err := u.callIn(session, tpm.Unseal(handle, public))
	if err != nil {
		return nil, err
	}
	return tpm.DecodeSecret(a)
}

// holds compares what was shown in a session with the policy that a secret has: another
// one would be refused too, with less to say.
func (u *tpmUse) holds(session *tpm.Session, public []byte) error {
	want, err := tpm.SealedPolicy(public)
	if err != nil {
		return err
	}
	var shown [tpm.DigestBytes]byte
	err = exchange(u.device, tpm.PolicyDigest(session), func(answer []byte) error {
		shown, err = tpm.DecodePolicyDigest(answer)
		return err
	})
	if err == nil && shown != want {
		err = fmt.Errorf("tpm: unseal: a PCR changed just now, or it was sealed under another policy: %w; seal anew", tpm.ErrPolicy)
	}
	return err
}

// parsePCRs reads PCRs in hexadecimal by number; none at all is an error.
func parsePCRs(text map[string]string) (pcrs tpm.Selection, values map[int][tpm.DigestBytes]byte, err error) {
	values = map[int][tpm.DigestBytes]byte{}
	for name, text := range text {
		n, err := strconv.Atoi(name)
		b, hexErr := hex.DecodeString(text)
		if err != nil || hexErr != nil || n < 0 || n >= tpm.PCRs || len(b) != tpm.DigestBytes {
			return 0, nil, fmt.Errorf("tpm: PCR %q with value %q is none", name, text)
		}
		pcrs |= 1 << n
		values[n] = [tpm.DigestBytes]byte(b)
	}
	if pcrs == 0 {
		return 0, nil, errors.New("tpm: it names no PCR, so it is damaged")
	}
	return pcrs, values, nil
}

// texts are PCRs in hexadecimal by number.
func texts(values map[int][tpm.DigestBytes]byte) map[string]string {
	out := map[string]string{}
	for n, v := range values {
		out[strconv.Itoa(n)] = hex.EncodeToString(v[:])
	}
	return out
}

// differences are the PCRs of then that are not so now, in order.
func differences(then, now map[int][tpm.DigestBytes]byte) (list []int) {
	for n, v := range then {
		if now[n] != v {
			list = append(list, n)
		}
	}
	slices.Sort(list)
	return list
}

// commas is "7, 11".
func commas(list []int) string {
	text := ""
	for i, n := range list {
		if i > 0 {
			text += ", "
		}
		text += strconv.Itoa(n)
	}
	return text
}
