package assemble

import (
	"crypto/sha256"

	"github.com/google/uuid"

	"mote/fs"
	"mote/fs/image/medium"
)

// Medium says what is on a CD or a stick that starts a node with the spec's root, all
// of it in RAM and under one signature.
func Medium(s Spec) (medium.Spec, error) {
	program, err := Netboot(s)
	return medium.Spec{Path: fs.LoaderPath, Program: program, Label: "MOTE", TimeSec: s.BuiltSec,
		Disk: numberOf("disk", program), Partition: numberOf("partition", program)}, err
}

// numberOf derives a UUID of the form of a random one (RFC 9562, section 5.4).
func numberOf(what string, of []byte) string {
	b := sha256.Sum256(append([]byte("mote medium "+what+"\x00"), of...))
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return uuid.UUID(b[:16]).String()
}
