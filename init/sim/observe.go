package sim

import (
	"strconv"
	"strings"

	"mote/fs"
	"mote/wire"

	"golang.org/x/sys/unix"
)

// observed takes the text of each event and op: it is the trace, and the rules
// look at it.
func (c *checks) observed(now int64, text []byte) {
	line := string(text)
	c.world.trace.line(now, line)
	c.op, c.about = "", ""
	words := strings.Fields(line)
	isOp := words[0] == "→"
	if isOp {
		words = words[1:]
	}
	name, value := "", int64(0)
	if len(words) > 1 {
		name = words[1]
	}
	if len(words) > 2 {
		value, _ = strconv.ParseInt(words[2], 10, 64)
	}
	i := c.world.plan.index(name)
	if isOp {
		c.did(words[0], name, i, now, value)
		return
	}
	if i < 0 {
		return
	}
	s := &c.services[i]
	switch words[0] {
	case "knock":
		c.knocked(i)
	case "start", "stop", "restart":
		c.wish(s, i, now, words[0])
	case "exec-fail", "no-clone":
		s.hopeless, s.endAt = permanent(words[len(words)-1]), now
	case "exit", "empty":
		s.endAt = now
		if main := s.main; value&oomFlag != 0 && (main == nil || main.cgroup.oomKills == 0 || main.status != uint32(sigKILL)) {
			c.broken(ruleTruth, name+" is called killed for want of memory, and it was not")
		}
	case "cloned":
		for _, p := range c.world.processes.all {
			if int64(p.pid) == value && p.main {
				s.main = p
			}
		}
	}
}

// oomFlag is core's, in the value of an exit.
const oomFlag = 1 << 33

// did checks one op.
func (c *checks) did(op, name string, i int, now, value int64) {
	c.op, c.about = op, name
	w := c.world
	switch op {
	case "start":
		c.start(&c.services[i], i)
	case "tell":
		c.told(&c.services[i], now, value)
	case "shed":
		c.shed(&c.services[i], i, now)
	case "up":
		c.services[i].upAt = now
	case "term":
		c.ordered(i)
	case "fault":
		c.broken(ruleFault, "a cell that can't happen: "+name+" "+itoa(value))
	case "halt":
		c.halted = true
		late := func() { c.broken(ruleLimit, "the node still runs "+itoa(shutdownLimit/sec)+" s after it was to end") }
		w.after(shutdownLimit, func() {
			if !w.refused {
				late()
			}
		})
		w.after(refusedLimit, late)
	case "ready":
		if image, accepted := uint64(w.plan.counter), w.accepted(); image != 0 && image < accepted {
			c.broken(ruleCounter, "ready with "+itoa(int64(image))+", accepted was "+itoa(int64(accepted)))
		}
		for k := range c.services {
			w.loop.Service(k, &c.view)
			if !c.view.Ready && !c.view.Spec.Optional && !c.called(k) {
				c.broken(ruleLive, "the node is called ready while "+c.view.Spec.Name+" is "+c.view.State)
			}
		}
	}
}

// shutdownLimit is the hard limit, and a little. Where the kernel refuses to end the
// machine the watchdog's 30 s come on top.
const (
	shutdownLimit = 61 * sec
	refusedLimit  = 92 * sec
)

// ordered checks that nothing runs any more that needs service i.
func (c *checks) ordered(i int) {
	if !c.halted {
		return
	}
	for k := range c.services {
		c.world.loop.Service(k, &c.view)
		for _, n := range c.view.Needs {
			if int(n) == i && c.view.State != "stuck" && c.livesIn(c.view.Spec.Name) {
				c.broken(ruleOrder, c.services[i].spec.Name+" is stopped before "+c.view.Spec.Name+", which needs it")
			}
		}
	}
}

func (c *checks) livesIn(name string) bool {
	cg := c.world.cgroups[cgroupServices+name]
	return cg != nil && cg.pids > 0
}

// rebooted checks the machine's end.
func (c *checks) rebooted(cmd int) {
	if goal := c.world.loop.Counts().Goal; (goal == "reboot") != (cmd == unix.LINUX_REBOOT_CMD_RESTART) {
		c.broken(ruleDead, "ends otherwise than by "+goal)
	}
	if !c.killedAll {
		if c.presses < 7 {
			c.broken(ruleDead, "ends without killing what runs")
		}
		return // somebody did not want to wait
	}
	for _, p := range c.world.processes.all {
		if p.life == running && !p.killed && p.service != "" {
			c.broken(ruleDead, p.who()+" still runs at the end")
		}
	}
}

// printed takes what reached the console.
func (c *checks) printed(b []byte) {
	c.world.console.print(b, func(text string) {
		c.world.trace.line(c.world.now, "| "+text)
		c.world.saysSecurity(text)
		whole := strings.HasPrefix(text, "[") && strings.Count(text, " ms] ") == 1 || strings.HasPrefix(text, "        ")
		if !whole && !c.torn {
			c.broken(ruleConsole, "prints "+strconv.Quote(text))
		}
	})
}

// answered checks a reply's body.
func (c *checks) answered(r *wire.Reply) {
	c.replies++
	if err := decodeAny(r); err != nil {
		c.broken(ruleControl, "answers "+err.Error())
	}
	if verbOf(r.ID) == wire.VerbStatus {
		c.toldOfArea(r)
	}
}

// toldOfArea: a status says of the state area what is so.
func (c *checks) toldOfArea(r *wire.Reply) {
	var st wire.Status
	if wire.DecodeStatus(r.Body, &st) != nil {
		return
	}
	a, d := &st.Area, c.world.disk
	switch {
	case d == nil && *a != (wire.AreaStatus{}):
		c.broken(ruleControl, "tells of a state area that was not asked for")
	case d == nil:
	case a.WrittenBytes != a.Writes*fs.StateBlockBytes || a.Writes > uint64(d.flushes):
		c.broken(ruleControl, "tells "+itoa(int64(a.Writes))+" writes of "+itoa(int64(a.WrittenBytes))+" bytes")
	case d.readOnly && (a.Writes > 0 || a.State == "open" && a.Boots == 0):
		c.broken(ruleControl, "tells of writes to a read-only disk")
	}
}
