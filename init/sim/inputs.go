package sim

import (
	"strings"

	"mote/hw"

	"golang.org/x/sys/unix"
)

// Input devices with a power key: sysfs, their nodes, and the uevents that tell
// of them.

const (
	inputFolder = "/sys/class/input"
	inputNodes  = "/dev/input/event"
)

type inputs struct {
	socket *netlink
	seqnum uint64
	keys   map[string]*input
}

// input is one device.
type input struct {
	gone   bool
	events []byte
}

func (i *input) ready() uint32 {
	switch {
	case i.gone:
		return epollIn | epollErr | epollHup
	case len(i.events) > 0:
		return epollIn
	}
	return 0
}

func (i *input) read(b []byte) (int, errno) {
	switch {
	case i.gone:
		return 0, unix.ENODEV
	case len(i.events) == 0:
		return 0, eAGAIN
	}
	n := copy(b[:len(b)/hw.InputEventSize*hw.InputEventSize], i.events)
	i.events = i.events[n:]
	return n, 0
}

func (*input) write([]byte) (int, errno) { return 0, eINVAL }
func (*input) closed()                   {}

func (w *world) openInput(path string) (*file, errno) {
	i := w.inputs.keys[strings.TrimPrefix(path, inputNodes)]
	if i == nil {
		return nil, unix.ENOENT
	}
	return &file{name: "input", ops: i, blocks: true}, 0
}

// plugKey adds a power button and tells of it.
func (w *world) plugKey(number string) {
	if w.inputs.keys[number] != nil {
		return
	}
	w.inputs.keys[number] = &input{}
	w.makeDir(inputFolder)
	dir := w.files[inputFolder]
	dir.names = append(dir.names, "event"+number)
	// KEY_POWER is bit 116: bit 52 of the second word.
	w.files[inputFolder+"/event"+number+"/device/capabilities/key"] = &node{text: []byte("10000000000000 0\n")}
	w.uevent("add", number)
}

// unplugKey takes it away.
func (w *world) unplugKey(number string) {
	i := w.inputs.keys[number]
	if i == nil {
		return
	}
	i.gone = true
	delete(w.inputs.keys, number)
	delete(w.files, inputFolder+"/event"+number+"/device/capabilities/key")
	dir := w.files[inputFolder]
	kept := dir.names[:0:0]
	for _, name := range dir.names {
		if name != "event"+number {
			kept = append(kept, name)
		}
	}
	dir.names = kept
	w.uevent("remove", number)
}

// pressKey presses a power button; false means that PID 1 does not hear it.
func (w *world) pressKey(number string) bool {
	i := w.inputs.keys[number]
	if i == nil {
		return false
	}
	b := make([]byte, 2*hw.InputEventSize)
	b[16], b[18], b[20] = 1, 116, 1 // EV_KEY, KEY_POWER, pressed; then EV_SYN
	i.events = append(i.events, b...)
	for _, en := range w.epoll.entries {
		if en.file.ops == fileOps(i) {
			return true
		}
	}
	return false
}

// uevent multicasts as lib/kobject_uevent.c does.
func (w *world) uevent(action, number string) {
	path := "/devices/virtual/input/input" + number + "/event" + number
	w.inputs.seqnum++
	w.sendUevent(action+"@"+path+"\x00ACTION="+action+"\x00DEVPATH="+path+"\x00SUBSYSTEM=input\x00MAJOR=13\x00MINOR=6"+
		number+"\x00DEVNAME=input/event"+number+"\x00SEQNUM="+itoa(int64(w.inputs.seqnum))+"\x00", true)
}

// sendUevent sends a message; one that is not the kernel's is a forgery.
func (w *world) sendUevent(text string, kernel bool) {
	s := w.inputs.socket
	if s == nil || s.shut || s.groups == 0 {
		return
	}
	from := hw.Sender{Groups: 1, HasCredentials: true}
	if !kernel {
		from.PortID, from.PID = 4711, 99
	}
	s.put([]byte(text), from)
}
