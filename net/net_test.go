package netcfg

import "mote/wire"

// mote0 is what the tests want.
var mote0 = wire.Link{Name: "mote0", Address: [4]byte{10, 0, 2, 15}, PrefixBits: 24, Gateway: [4]byte{10, 0, 2, 2}}
