package tidy

// Bounds of what a reader can hold; the reasons are people's, not machines'.
const (
	// fileLinesMax: longer files are read from nowhere to nowhere.
	fileLinesMax = 400
	// funcLinesGoal is what to aim at, funcLinesMax what never to pass.
	funcLinesGoal = 60
	funcLinesMax  = 70
	// testLinesMax is wider: a test is mostly its table, which is read by rows.
	testLinesMax = 100
	// fileBytesMax keeps built things and captures out of the history.
	fileBytesMax = 256 << 10
)

// pid1Folders are the packages that PID 1 is made of. None has a mutable
// package variable, an init function or a go statement: its state is in one
// place, its order is written down, and it has one thread of thought.
var pid1Folders = []string{"init", "init/core", "wire", "hw", "fs", "net"}

// topNames are all that may stand at the top of the house.
var topNames = []string{
	"wire", "hw", "fs", "net", "init", "ctl", "kconfig", "size",
	"README.md", "ARCHITECTURE.md", "CHANGELOG.md", "LICENSE", "Makefile",
	"go.mod", "go.sum", ".ci", ".gitignore",
}

// vagueWords say nothing about the thing that they name.
var vagueWords = []string{"manager", "controller", "handler", "helper", "util", "utils"}

// unfinished are the words for work that was put off. They are put together
// here, so that this file doesn't break its own rule.
var unfinished = []string{"TO" + "DO", "FIX" + "ME", "XX" + "X:"}

// machinePaths begin paths that exist on one machine only.
var machinePaths = []string{"/wo" + "rk/", "/ho" + "me/", "/Us" + "ers/"}
