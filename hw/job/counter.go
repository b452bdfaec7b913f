package job

import (
	"errors"
	"fmt"

	"mote/hw/tpm"
)

// DefineCounter defines a counter in the TPM's memory and raises it once, as one
// that never was can't be read. It gives its value, which may be any: a TPM begins
// above every counter that was removed.
func DefineCounter(device TPMDevice, index uint32) (uint64, error) {
	c, err := tpm.DefineCounter(index)
	if err != nil {
		return 0, err
	}
	return counter(device, index, func(u *tpmUse) error {
		_, err := u.call(c)
		return err
	}, true)
}

// StepCounter raises a counter by one and gives its value. Each step wears the TPM's
// memory: some allow one in a few seconds only, and then this takes as long.
func StepCounter(device TPMDevice, index uint32) (uint64, error) {
	return counter(device, index, nil, true)
}

// ReadCounter gives a counter's value.
func ReadCounter(device TPMDevice, index uint32) (uint64, error) {
	return counter(device, index, nil, false)
}

// counter does what is wanted before, raises the counter if step says so, and reads
// it. One that is not defined is [tpm.ErrNotDefined].
func counter(device TPMDevice, index uint32, before func(*tpmUse) error, step bool) (value uint64, err error) {
	u, err := useTPM(device)
	defer func() { err = errors.Join(err, u.close()) }()
	if err == nil && before != nil {
		err = before(u)
	}
	if err != nil {
		return 0, err
	}
	i, err := u.index(index)
	if err != nil {
		return 0, err
	}
	if !i.IsCounter() {
		return 0, fmt.Errorf("tpm: index %#x is no counter: somebody else uses it; take another", index)
	}
	if step {
		if _, err := u.call(tpm.Increment(i)); err != nil {
			return 0, err
		}
		// Its name changes with the first step.
		if i, err = u.index(index); err != nil {
			return 0, err
		}
	}
	a, err := u.call(tpm.ReadNV(i))
	if err != nil {
		return 0, err
	}
	return tpm.DecodeCounter(a)
}

// index looks at an NV index.
func (u *tpmUse) index(index uint32) (i tpm.Index, err error) {
	err = exchange(u.device, tpm.ReadIndex(index), func(answer []byte) error {
		i, err = tpm.DecodeIndex(answer)
		return err
	})
	if err == nil && i.Handle != index {
		err = fmt.Errorf("tpm: asked for index %#x, it told of %#x", index, i.Handle)
	}
	return i, err
}
