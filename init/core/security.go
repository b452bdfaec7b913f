package core

import (
	"mote/fs"
	"mote/wire"

	"golang.org/x/sys/unix"
)

// What of this machine is protected and what is not, said plainly after each boot:
// a line of each, once the firmware was asked. Nothing is called protected that was
// not looked at; what nobody can look at from here (a hang before PID 1) stands with
// the rest.

// secureBoot is what the firmware says of Secure Boot.
type secureBoot uint8

const (
	secureUnknown secureBoot = iota // there is no EFI, or it does not say
	secureOff
	secureOn
)

// secureBootBytes of the variable SecureBoot: attributes, then 1 or 0.
// Source: UEFI specification, section 3.3, "Globally Defined Variables".
const secureBootBytes = 5

func decodeSecureBoot(variable []byte) secureBoot {
	switch {
	case len(variable) < secureBootBytes || variable[0] == 0: // it is not there: no attributes
		return secureUnknown
	case variable[secureBootBytes-1] == 1:
		return secureOn
	}
	return secureOff
}

// securityWords are two lists of phrases, each with a comma before it.
type securityWords struct{ yes, no []byte }

//go:noinline
func (s *securityWords) add(yes bool, is, isNot string) {
	if yes {
		s.yes = append(append(s.yes, ", "...), is...)
	} else {
		s.no = append(append(s.no, ", "...), isNot...)
	}
}

// saySecurity prints the two lines.
func (l *Loop) saySecurity() {
	words := l.readWords()
	root, _ := wire.KernelWord(words, "root=")
	_, verity := wire.KernelWord(words, "dm-mod.create=")
	secure := l.tries.secure == secureOn
	var s securityWords
	s.add(secure, "firmware starts what the owner signed", "firmware starts what stands on the disk (Secure Boot is off or unknown)")
	switch {
	case root == "/dev/"+fs.RootBlock && verity:
		s.add(secure, "each block of the root (verity)", "the words that name the root's hash")
	case root == "/dev/ram0":
		s.add(secure, "the root in RAM by its signature, without verity", "the root in RAM")
	default:
		s.add(false, "", "the root")
	}
	s.add(l.counter.image > 0 && l.area.phase == areaOpen, "older releases are refused", "older releases run (no security counter is kept)")
	s.add(l.tries.entry.Tries() > 0, "failed boots are counted", "failed boots are not counted")
	s.add(l.watchdog.fd >= 0, "hangs of PID 1", "hangs of PID 1")
	s.add(false, "", "hangs before PID 1")
	if l.area.word != "" {
		s.add(false, "", "the state area is neither secret nor sealed")
	}
	if fd, errno := l.sys.Open("/sys/class/tpm/tpm0", unix.O_PATH, 0); errno == 0 {
		l.sys.Close(fd)
		s.add(false, "", "nothing is sealed to the TPM")
	} else {
		s.add(false, "", "no TPM")
	}
	if len(s.yes) == 0 {
		s.yes = append(s.yes, ", nothing"...)
	}
	l.console.say(l.now, "security: protected: ", string(s.yes[2:]))
	l.console.more("not protected: ", string(s.no[2:]))
}
