package job

import (
	"fmt"

	"mote/fs"
	"mote/wire"
)

// KeptDevices are the devices that a node keeps things on without mounting them, by the
// kernel's words and the image's manifest in CBOR: the boot partition, and the state
// area wherever it is, as "PARTLABEL=name" or "/dev/name".
func KeptDevices(words string, manifest []byte) ([]string, error) {
	m, err := wire.DecodeManifest(manifest)
	if err != nil {
		return nil, fmt.Errorf("find the state area: %w", err)
	}
	list := []string{wire.PartLabel + fs.ESPLabel, wire.PartLabel + fs.StateLabel}
	word, _ := wire.KernelWord(words, fs.StateWordName)
	for _, device := range []string{m.State, word} {
		if device != "" {
			list = append(list, device)
		}
	}
	return list, nil
}
