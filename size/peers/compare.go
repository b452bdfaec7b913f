package main

import (
	"context"
	"fmt"
	"io"
)

// comparison is a run over several peers.
type comparison struct {
	builder *builder
	kernel  string
	// rounds are the boots of each peer by the clock.
	rounds  int
	verbose bool
	out     io.Writer
}

// compare builds, counts and times every peer. Clock boots are made in turns, so
// that whatever else this machine does meets all alike. A peer that fails keeps
// what it has, with the reason, and takes part no more. The error is ctx's end.
func (c *comparison) compare(ctx context.Context, chosen []*peer) ([]row, error) {
	rows := make([]row, len(chosen))
	for i, p := range chosen {
		rows[i].peer = p
		c.attempt(&rows[i], func() error {
			if p.fill != nil {
				if err := p.build(ctx, c.builder); err != nil {
					return err
				}
			}
			return c.exactly(ctx, p, &rows[i].figures)
		})
		if rows[i].failed == "" {
			fmt.Fprintf(c.out, "%s: ready after %s ms, counted\n", p.name, msec(rows[i].exactReady))
		}
	}
	for n := range c.rounds {
		for i, p := range chosen {
			c.attempt(&rows[i], func() error { return c.clock(ctx, p, &rows[i].figures) })
		}
		fmt.Fprintf(c.out, "round %d of %d by the clock\n", n+1, c.rounds)
	}
	for i, p := range chosen {
		if c.rounds == 0 {
			break
		}
		c.attempt(&rows[i], func() (err error) {
			rows[i].smallestMiB, err = c.smallest(ctx, p)
			return err
		})
		if rows[i].failed == "" {
			fmt.Fprintf(c.out, "%s: %d MiB of RAM are enough\n", p.name, rows[i].smallestMiB)
		}
	}
	return rows, ctx.Err()
}

// attempt does a step of a row unless an earlier one failed. The whole error is
// printed, as it may have a console in it; the row keeps its first line.
func (c *comparison) attempt(r *row, step func() error) {
	if r.failed != "" {
		return
	}
	if err := step(); err != nil {
		r.failed = firstLine(err.Error())
		fmt.Fprintf(c.out, "%s: %v\n", r.name, err)
	}
}
