package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"mote/ctl/bench"
	"mote/ctl/vm"
)

const (
	// markReady and markMeasured are what the last service says, see service/:
	// "ready" is a mark of Mote's own, and not the same instant.
	markReady    = "job"
	markMeasured = "measured"
	// figurePrefix begins a figure of the last service, failPrefix its trouble.
	figurePrefix = "mote: peer "
	failPrefix   = figurePrefix + "failed "
	// orphanLeft is the figure of an init that doesn't reap orphans.
	orphanLeft = -1
	// memoryBytes is an ordinary small machine's.
	memoryBytes = 256 << 20
	// bootLimit bounds one boot with all that is measured in it; a hundred
	// restarts take a slow peer a minute of the host's.
	bootLimit = 10 * time.Minute
)

// figures are what is known of a peer. Times are ns, sizes kB as the kernel
// tells them.
type figures struct {
	// exactReady is from the kernel's start of process 1 to ready, by counted
	// instructions; exactKernel from the kernel's start to process 1.
	exactReady, exactKernel int64
	// clockReady and clockWhole are by the clock, one a round: from process 1,
	// and from the kernel's start.
	clockReady, clockWhole []int64
	rss, anonymous, used   int64
	orphan                 int64
	deaths                 []int64
	smallestMiB            int
}

// config is the machine that boots a peer.
func (c *comparison) config(p *peer, exact bool) vm.Config {
	// The kernel's word that it starts process 1 is of level 6.
	words := append(vm.MoteWords(), "loglevel=7")
	machine := vm.Config{Machine: vm.MicroVM, Kernel: c.kernel, Root: p.image, MemoryBytes: memoryBytes, Exact: exact,
		Append: append(words, p.words...), NICs: []vm.NIC{{NoPeer: exact}}}
	if c.verbose {
		machine.Console = os.Stderr
	}
	return machine
}

// boot boots a peer up to a mark, and gives when process 1 was started and when
// the last service said that it was ready.
func boot(ctx context.Context, c vm.Config, until string) (r bench.Run, started, ready int64, err error) {
	r, err = bench.Measure(ctx, c, bench.Options{Until: until, Limit: bootLimit})
	if err != nil {
		return r, 0, 0, err
	}
	if r.KernelNsec == 0 {
		return r, 0, 0, errors.New("peers: the kernel did not say when it started process 1")
	}
	if until == markReady {
		return r, r.KernelNsec, r.ReadyNsec, nil // bench's word for the mark that was waited for
	}
	at := slices.IndexFunc(r.Marks, func(m bench.Mark) bool { return m.Name == markReady })
	if at < 0 {
		return r, 0, 0, fmt.Errorf("peers: no mark %q before %q", markReady, until)
	}
	return r, r.KernelNsec, r.Marks[at].Nsec, nil
}

// exactly boots a peer twice by counting, once with everything that the last
// service measures. Boots that are not alike are an error.
func (c *comparison) exactly(ctx context.Context, p *peer, f *figures) error {
	r, started, ready, err := boot(ctx, c.config(p, true), markMeasured)
	if err != nil {
		return err
	}
	_, started2, ready2, err := boot(ctx, c.config(p, true), markReady)
	if err != nil {
		return err
	}
	// The kernel's stamps are whole µs.
	if apart := (ready - started) - (ready2 - started2); apart > 1000 || apart < -1000 {
		return fmt.Errorf("peers: two exact boots of %s are %d ns apart", p.name, apart)
	}
	f.exactReady, f.exactKernel = ready-started, started
	return f.read(r.Lines)
}

// read takes the last service's figures from the console.
func (f *figures) read(lines []vm.Line) error {
	for _, line := range lines {
		_, text, is := strings.Cut(line.Text, figurePrefix)
		if !is {
			continue
		}
		if strings.Contains(line.Text, failPrefix) {
			return fmt.Errorf("peers: %s", text)
		}
		key, value, _ := strings.Cut(text, " ")
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return fmt.Errorf("peers: figure %q: %w", text, err)
		}
		switch key {
		case "rss":
			f.rss = n
		case "anonymous":
			f.anonymous = n
		case "used":
			f.used = n
		case "orphan":
			f.orphan = n
		case "death":
			f.deaths = append(f.deaths, n)
		default:
			return fmt.Errorf("peers: figure %q is unknown", key)
		}
	}
	return nil
}

// clock boots a peer once by the clock.
func (c *comparison) clock(ctx context.Context, p *peer, f *figures) error {
	_, started, ready, err := boot(ctx, c.config(p, false), markReady)
	if err != nil {
		return err
	}
	f.clockReady = append(f.clockReady, ready-started)
	f.clockWhole = append(f.clockWhole, ready)
	return nil
}

// The search's ends in MiB, and the bound of one of its boots: a machine that is
// too small either panics or never gets on.
const (
	smallLowMiB  = 20
	smallHighMiB = 148
	smallLimit   = 45 * time.Second
)

// smallest searches the least memory, in MiB, with which a peer gets ready.
func (c *comparison) smallest(ctx context.Context, p *peer) (int, error) {
	return bench.Smallest(smallLowMiB, smallHighMiB, func(mib int) (bool, error) {
		machine := c.config(p, false)
		machine.MemoryBytes = int64(mib) << 20
		_, err := bench.Measure(ctx, machine, bench.Options{Until: markReady, Limit: smallLimit})
		return err == nil, ctx.Err()
	})
}
