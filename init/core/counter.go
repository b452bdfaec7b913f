package core

import (
	"mote/fs"
	"mote/wire"
)

// The security counter: a release that closes a hole raises it, and from then on no
// older one runs on this node. The image's own stands in the kernel's signed words,
// the highest that a node has accepted in the state area.
//
// Always true here: an image accepts its own counter once it is ready, never before,
// so one that does not work shuts out nobody; it never lowers what is kept; one below
// that starts no service and never gets ready. It restarts the machine, without giving
// the loader its try back: after three of them comes the other slot. A node without a
// state area, or with one that is not read within areaHoldNsec, can't tell.
type counter struct {
	image   uint64 // 0: the words have none, and nothing is held against it
	refused bool
}

// readCounter reads the image's own from the kernel's words, and knows it by them.
func (l *Loop) readCounter(words string) {
	word, found := wire.KernelWord(words, fs.CounterWordName)
	n, ok := wire.ParseUint(word, 1<<63-1)
	if found && !ok {
		l.console.say(l.now, "trouble: ", fs.CounterWordName, word[:min(len(word), 40)], " is no number; nothing is held against it")
	}
	l.counter.image = n
	l.trial.release = sum(sumSeed, []byte(words))
}

// judgeCounter holds the image against what is kept, as soon as that is known.
func (l *Loop) judgeCounter() {
	c, accepted := &l.counter, l.slots().counter
	if c.image == 0 || c.image >= accepted {
		l.keepSlots()
		l.sayTrial()
		return
	}
	c.refused = true
	b := append(l.line[:0], "its security counter "...)
	b = append(wire.AppendUint(b, c.image), " is below the accepted "...)
	reason := string(wire.AppendUint(b, accepted))
	l.area.kept.boot.reason.set(reason)
	l.console.say(l.now, "this image is refused: ", reason, "; restarting, three times until the loader takes the other slot")
	l.push(evShutdown, -1, 0, int64(goalReboot))
}
