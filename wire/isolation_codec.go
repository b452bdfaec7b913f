package wire

import "math"

// A service's isolation, read and written.

// isolation reads a service's, which is not empty.
func (d *Decoder) isolation(s *Isolation) {
	start := d.at
	m := d.Map()
	if m.left == 0 {
		d.refuse(RefusedZero, start)
	}
	for d.Next(&m) {
		d.field("isolation")
		switch m.Key {
		case keyIsolationSyscalls:
			s.Syscalls = d.textsField(SyscallSetsCount, SyscallSetsCount*(WordSizeMax+1))
		case keyIsolationSyscallKill:
			s.SyscallKill = d.boolField()
		case keyIsolationImportance:
			s.Importance = uint8(d.uintField(math.MaxUint8))
		case keyIsolationNamespaces:
			s.Namespaces = d.textsField(NamespacesMax, NamespacesMax*(WordSizeMax+1))
		case keyIsolationNodeView:
			s.NodeView = d.boolField()
		case keyIsolationDevices:
			s.Devices = d.textsField(DevicesMax, DevicesMax*(WordSizeMax+1))
		case keyIsolationWritable:
			s.Writable = make([]Writable, d.arrayField(WritableMax))
			for i := range s.Writable {
				d.writable(&s.Writable[i])
			}
		case keyIsolationFiles:
			s.Files = make([]File, d.arrayField(FilesMax))
			for i := range s.Files {
				d.file(&s.Files[i])
			}
		case keyIsolationReads:
			s.Reads = d.textsField(ReadsMax, ReadsSizeMax)
		case keyIsolationTCPBind:
			s.TCPBind = d.portsField()
		case keyIsolationTCPConnect:
			s.TCPConnect = d.portsField()
		case keyIsolationInsideID:
			s.InsideID = d.uint32Field()
		default:
			d.Unknown()
		}
	}
}

// writable reads one entry of "writable".
func (d *Decoder) writable(w *Writable) {
	for m := d.Map(); d.Next(&m); {
		d.field("isolation.writable")
		switch m.Key {
		case keyWritablePath:
			w.Path = d.textField(ViewPathSizeMax)
		case keyWritableSize:
			w.SizeBytes = d.uintField(math.MaxUint64)
		case keyWritableMode:
			w.Mode = uint16(d.uintField(math.MaxUint16))
		case keyWritableShared:
			w.Shared = d.boolField()
		case keyWritableSealed:
			w.Sealed = d.boolField()
		default:
			d.Unknown()
		}
	}
}

// file reads one entry of "files".
func (d *Decoder) file(f *File) {
	for m := d.Map(); d.Next(&m); {
		d.field("isolation.files")
		switch m.Key {
		case keyFilePath:
			f.Path = d.textField(ViewPathSizeMax)
		case keyFileContent:
			f.Content = d.textField(FileSizeMax)
		case keyFileSource:
			f.Source = d.textField(ViewPathSizeMax)
		case keyFileMode:
			f.Mode = uint16(d.uintField(math.MaxUint16))
		case keyFileOwner:
			f.Owner = d.textField(UserNameSizeMax)
		default:
			d.Unknown()
		}
	}
}

// portsField reads numbers of ports.
func (d *Decoder) portsField() []uint16 {
	list := make([]uint16, d.arrayField(PortsMax))
	for i := range list {
		list[i] = uint16(d.Uint(math.MaxUint16))
	}
	return list
}

// isolationField takes its key back where the map stayed empty.
func (e *Encoder) isolationField(outer *EncoderMap, key uint8, s *Isolation) {
	before, start := *outer, len(e.Out)
	e.Key(outer, key)
	m := e.Map()
	e.textsField(&m, keyIsolationSyscalls, s.Syscalls)
	e.boolField(&m, keyIsolationSyscallKill, s.SyscallKill)
	e.uintField(&m, keyIsolationImportance, uint64(s.Importance))
	e.textsField(&m, keyIsolationNamespaces, s.Namespaces)
	e.boolField(&m, keyIsolationNodeView, s.NodeView)
	e.textsField(&m, keyIsolationDevices, s.Devices)
	e.arrayField(&m, keyIsolationWritable, len(s.Writable))
	for i := range s.Writable {
		e.writable(&s.Writable[i])
	}
	e.arrayField(&m, keyIsolationFiles, len(s.Files))
	for i := range s.Files {
		e.file(&s.Files[i])
	}
	e.textsField(&m, keyIsolationReads, s.Reads)
	e.portsField(&m, keyIsolationTCPBind, s.TCPBind)
	e.portsField(&m, keyIsolationTCPConnect, s.TCPConnect)
	e.uintField(&m, keyIsolationInsideID, uint64(s.InsideID))
	if m.count == 0 {
		*outer, e.Out = before, e.Out[:start]
		return
	}
	e.End(m)
}

// writable writes one entry of "writable".
func (e *Encoder) writable(w *Writable) {
	m := e.Map()
	e.textField(&m, keyWritablePath, w.Path)
	e.uintField(&m, keyWritableSize, w.SizeBytes)
	e.uintField(&m, keyWritableMode, uint64(w.Mode))
	e.boolField(&m, keyWritableShared, w.Shared)
	e.boolField(&m, keyWritableSealed, w.Sealed)
	e.End(m)
}

// file writes one entry of "files".
func (e *Encoder) file(f *File) {
	m := e.Map()
	e.textField(&m, keyFilePath, f.Path)
	e.textField(&m, keyFileContent, f.Content)
	e.textField(&m, keyFileSource, f.Source)
	e.uintField(&m, keyFileMode, uint64(f.Mode))
	e.textField(&m, keyFileOwner, f.Owner)
	e.End(m)
}

// portsField writes numbers of ports; an empty list is left out.
func (e *Encoder) portsField(m *EncoderMap, key uint8, list []uint16) {
	e.arrayField(m, key, len(list))
	for _, port := range list {
		e.Uint(uint64(port))
	}
}
