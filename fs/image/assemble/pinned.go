package assemble

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"mote/fs/image/pe"
)

// Tried says whether this very file was tried with Mote: its counter of tries
// by its own test, and its refusals under Secure Boot. The counter has been
// broken in releases of the loader, so that a new version is tried first.
func (p Pinned) Tried() bool {
	sum := sha256.Sum256(p.Data)
	switch hex.EncodeToString(sum[:]) {
	case "10288fece5e90ce3ba3e7160f49695b022d648f7ef41774678db8c77774db167", // systemd-boot 252.39-1~deb12u2
		"c62ae56ffaf49d1a61de4434f4f531dd1d4ed3b5aee46c934c56e3f809b22cc4": // systemd-stub 252.39-1~deb12u2
		return true
	}
	return false
}

// ReadPinned takes the distribution's file and asks it who it is: name is
// "systemd-boot" or "systemd-stub".
func ReadPinned(name string, b []byte) (Pinned, error) {
	f, err := pe.Parse(b)
	if err != nil {
		return Pinned{}, fmt.Errorf("assemble: %s: %w", name, err)
	}
	// "#### LoaderInfo: systemd-stub 252.39-1 ####"
	_, after, found := bytes.Cut(f.Section(".sdmagic"), []byte("LoaderInfo: "+name+" "))
	version, _, _ := bytes.Cut(after, []byte(" "))
	if !found || len(version) == 0 {
		return Pinned{}, fmt.Errorf("assemble: this is no %s; give the file of the package systemd-boot-efi", name)
	}
	return Pinned{Name: name, Version: string(version), Data: b}, nil
}
