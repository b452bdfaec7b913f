//go:build crashtest

package core

import "golang.org/x/sys/unix"

// crashDir is where a test asks for a crash: a file named after the place.
const crashDir = "/run/crash/"

// crashPoint dereferences nil, or never returns, if a file asks for it. It is in
// images of tests only, built with the tag crashtest; a test of init/ looks for
// crashDir in the product's binary.
func crashPoint(l *Loop, place string) {
	if l.asked(crashDir + place) {
		var nowhere *Loop
		nowhere.now = 1
	}
	for hang := l.asked(crashDir + "hang-" + place); hang; {
	}
}

// asked tells whether the file is there, and removes it.
func (l *Loop) asked(path string) bool {
	fd, errno := l.sys.Open(path, unix.O_PATH, 0)
	if errno != 0 {
		return false
	}
	l.sys.Close(fd)
	return l.sys.Unlink(path) == 0
}
