package job

import (
	"errors"

	"mote/hw/tpm"
)

// Quote is what a TPM says, signed, of its PCRs.
type Quote struct {
	// PCRs are the values of the SHA-256 bank, in hexadecimal, by number; the message
	// has only their hash.
	PCRs map[string]string `json:"pcrs_sha256"`
	// Key is the signing key's TPMT_PUBLIC, Message a TPMS_ATTEST, Signature a
	// TPMT_SIGNATURE.
	Key       []byte `json:"key"`
	Message   []byte `json:"message"`
	Signature []byte `json:"signature"`
}

// TakeQuote has the TPM sign PCRs and a nonce of the asker's. It is checked before
// it is given: PCRs that were extended meanwhile are an error, ask again then.
func TakeQuote(device TPMDevice, pcrs tpm.Selection, nonce []byte) (q Quote, err error) {
	u := &tpmUse{device: device}
	defer func() { err = errors.Join(err, u.close()) }()
	key, err := u.primary(tpm.QuoteKey())
	if err != nil {
		return Quote{}, err
	}
	values, err := readPCRs(device, pcrs)
	if err != nil {
		return Quote{}, err
	}
	c, err := tpm.Quote(key, pcrs, nonce)
	if err != nil {
		return Quote{}, err
	}
	q = Quote{PCRs: texts(values), Key: key.Public}
	err = exchange(device, c.Password(), func(answer []byte) error {
		a, err := c.OpenPassword(answer)
		if err == nil {
			q.Message, q.Signature, err = tpm.DecodeQuote(a)
		}
		return err
	})
	if err == nil {
		_, err = q.Check(nonce)
	}
	return q, err
}

// Check checks that the key in it is of our form, that it signed the message, and that
// this has the nonce and the PCRs. Whether the key is a TPM's, and which, is known only
// from elsewhere.
func (q Quote) Check(nonce []byte) (tpm.Quoted, error) {
	key, err := tpm.ParsePrimary(tpm.QuoteKey(), q.Key)
	if err != nil {
		return tpm.Quoted{}, err
	}
	_, values, err := parsePCRs(q.PCRs)
	if err != nil {
		return tpm.Quoted{}, err
	}
	return tpm.VerifyQuote(key.Key(), q.Message, q.Signature, nonce, values)
}
