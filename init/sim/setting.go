package sim

import "mote/init/core"

// The kernel's settings, /proc/sys.

// settingRoot is where procfs keeps them.
const settingRoot = "/proc/sys/"

// setting is one of them. A deaf one takes any value and stays as it was.
type setting struct {
	value string
	deaf  bool
}

// plugSettings makes every setting that PID 1 knows, each with a value that PID
// 1 does not want, but for every third.
func (w *world) plugSettings() {
	w.settings = map[string]*setting{}
	for i := range core.Sysctls {
		s := &setting{value: "9"}
		if i%3 == 2 {
			s.value = core.Sysctls[i].Value
		}
		w.settings[settingRoot+core.Sysctls[i].Name] = s
	}
}

// unset names the first setting that is not as PID 1 wants it, though nothing
// kept PID 1 from it; "" for none.
func (w *world) unset() string {
	if w.plan.bootFaults {
		return "" // what failed was said, see the story
	}
	for i := range core.Sysctls {
		name := core.Sysctls[i].Name
		s := w.settings[settingRoot+name]
		if s != nil && !s.deaf && s.value != core.Sysctls[i].Value {
			return name
		}
	}
	return ""
}

// settingFile is an open one; like the kernel's it ignores what is written at
// another place than its start.
type settingFile struct {
	setting *setting
	at      int
}

func (*settingFile) ready() uint32 { return epollIn | epollOut }

// read is pread's too: the text is made anew, and the place stays where it is.
func (f *settingFile) read(b []byte) (int, errno) { return copy(b, f.setting.value+"\n"), 0 }

func (f *settingFile) write(b []byte) (int, errno) {
	if f.at == 0 && !f.setting.deaf {
		f.setting.value = string(b)
	}
	f.at += len(b)
	return len(b), 0
}

func (*settingFile) closed() {}
