package job

import (
	"errors"

	"mote/hw/tpm"
)

// tpmUse is one use of a TPM's secrets: a storage key, a session that only the two
// ends can read, and what has to be flushed afterwards.
type tpmUse struct {
	device  TPMDevice
	storage tpm.Primary
	session *tpm.Session
	flush   []uint32
}

// useTPM makes the storage key and a session salted to it. The use has to be closed,
// also after an error.
func useTPM(device TPMDevice) (*tpmUse, error) {
	u := &tpmUse{device: device}
	var err error
	if u.storage, err = u.primary(tpm.StorageKey()); err != nil {
		return u, err
	}
	u.session, err = u.start(tpm.SessionHMAC)
	return u, err
}

// close flushes what was made. The resource manager does it too; a TPM without one
// has room for three objects.
func (u *tpmUse) close() error {
	var all error
	for _, handle := range u.flush {
		all = errors.Join(all, u.send(tpm.Flush(handle)))
	}
	return all
}

// send sends what is answered by nothing.
func (u *tpmUse) send(c tpm.Command) error {
	return exchange(u.device, c, func(answer []byte) error { return tpm.DecodeDone(c.What, answer) })
}

// primary makes a primary key.
func (u *tpmUse) primary(t tpm.Template) (key tpm.Primary, err error) {
	c := tpm.CreatePrimary(t)
	err = exchange(u.device, c.Password(), func(answer []byte) error {
		a, err := c.OpenPassword(answer)
		if err != nil {
			return err
		}
		u.flush = append(u.flush, a.Handle)
		key, err = t.Primary(a)
		return err
	})
	return key, err
}

// start begins a session salted to the storage key.
func (u *tpmUse) start(kind tpm.SessionKind) (session *tpm.Session, err error) {
	begun, err := tpm.StartSession(kind, u.storage)
	if err != nil {
		return nil, err
	}
	err = exchange(u.device, begun.Command, func(answer []byte) error {
		session, err = begun.Open(answer)
		return err
	})
	if err == nil {
		u.flush = append(u.flush, session.Handle)
	}
	return session, err
}

// call does a call in the use's session.
func (u *tpmUse) call(c tpm.Call) (tpm.Answer, error) { return u.callIn(u.session, c) }

func (u *tpmUse) callIn(session *tpm.Session, c tpm.Call) (a tpm.Answer, err error) {
	err = exchange(u.device, session.Command(c), func(answer []byte) error {
		a, err = session.Open(c, answer)
		return err
	})
	if err == nil && a.Handle != 0 {
		u.flush = append(u.flush, a.Handle)
	}
	return a, err
}
