package nodecmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"mote/ctl/client"
	"mote/wire"
)

// logsLong is the help.
const logsLong = `Prints what a service wrote, a line each: the node's time since its boot in seconds,
"|" for its standard output, "!" for its standard error, "#" for what PID 1 notes of
it, and the text. Control characters are shown as ?. A node keeps 16 KiB a service.

With -f it goes on until it is ended. It asks four times a second, so that following
costs a node nothing but these questions.`

// pollEvery is how often a followed log is asked for.
const pollEvery = 250 * time.Millisecond

// logFlags are the flags of `mote logs`.
type logFlags struct {
	target
	follow, previous bool
	tail             uint32
}

// NewLogs is `mote logs`.
func NewLogs(c Command) *cobra.Command {
	var f logFlags
	cmd := &cobra.Command{
		Use:   "logs SERVICE",
		Short: "Print what a service wrote, of every node that has it",
		Long:  logsLong,
		Args: func(_ *cobra.Command, args []string) error {
			if f.previous == (len(args) == 0) && len(args) <= 1 {
				return nil
			}
			return errors.New("name one service, or give --previous")
		},
		RunE: func(cmd *cobra.Command, args []string) error { return c.logs(cmd, args, f) },
	}
	f.flags(cmd.Flags())
	cmd.Flags().BoolVarP(&f.follow, "follow", "f", false, "go on with what is written from now on")
	cmd.Flags().BoolVar(&f.previous, "previous", false, "the kernel's log of the boot before, where that ended in a panic, instead of a service's")
	cmd.Flags().Uint32Var(&f.tail, "tail", 0, "the newest lines only")
	return cmd
}

// reading is what was read of one node's log.
type reading struct {
	request wire.Request
	node    string
	// owned: lines begin with the node's name.
	owned bool
}

// lines prints what came, and has the next request ask for what comes behind it.
func (r *reading) lines(out io.Writer, bodies [][]byte) error {
	for _, body := range bodies {
		var logs wire.Logs
		if err := wire.DecodeLogs(body, &logs); err != nil {
			return err
		}
		if logs.Dropped > 0 && r.request.Args.SinceNsec == 0 && r.request.Args.TailRecords == 0 {
			fmt.Fprintf(out, "%s(%d earlier lines are not kept any more)\n", r.mark(), logs.Dropped)
		}
		for i := range logs.Records {
			l := &logs.Records[i]
			if _, err := fmt.Fprintf(out, "%s%d.%06d %s %s\n", r.mark(), l.TimeNsec/1e9, l.TimeNsec/1e3%1e6, streamMark(l.Stream), printable(string(l.Text))); err != nil {
				return err
			}
			r.request.Args.SinceNsec = l.TimeNsec + 1
		}
	}
	r.request.Args.TailRecords = 0
	return nil
}

func (r *reading) mark() string {
	if r.owned {
		return r.node + " "
	}
	return ""
}

func streamMark(s wire.Stream) string {
	switch s {
	case wire.StreamErr:
		return "!"
	case wire.StreamNote:
		return "#"
	}
	return "|"
}

// logs prints the logs of all nodes, one after the other, or as they come where they
// are followed.
func (c Command) logs(cmd *cobra.Command, args []string, f logFlags) error {
	p, err := c.open(f.target)
	if err != nil {
		return err
	}
	request := wire.Request{Verb: wire.VerbPrevious, Args: wire.Args{TailRecords: f.tail}}
	if !f.previous {
		request.Verb, request.Name = wire.VerbLogs, []byte(args[0])
	}
	all := fan(cmd.Context(), p, f.timeout, func(ctx context.Context, _ string, conn *client.Client) ([][]byte, error) {
		return conn.Ask(ctx, request)
	})
	readings := make([]*reading, 0, len(all))
	for _, a := range all {
		if a.err != nil {
			continue
		}
		r := &reading{request: request, node: a.node, owned: len(p.names) > 1}
		if err := r.lines(cmd.OutOrStdout(), a.value); err != nil {
			return err
		}
		readings = append(readings, r)
	}
	if f.follow && len(readings) > 0 {
		c.follow(cmd, p, f.timeout, readings)
	}
	return failures(cmd, all)
}

// follow goes on until the command is ended. A node that does not answer is told once,
// and asked again and again.
func (c Command) follow(cmd *cobra.Command, p *party, limit time.Duration, readings []*reading) {
	var mu sync.Mutex // one line after the other
	var all sync.WaitGroup
	for _, r := range readings {
		all.Add(1)
		go func() {
			defer all.Done()
			told := false
			for cmd.Context().Err() == nil {
				err := p.followOnce(cmd, limit, r, &mu)
				if mu.Lock(); err != nil && !told && cmd.Context().Err() == nil {
					fmt.Fprintf(cmd.ErrOrStderr(), "%s: %v; it is asked again\n", r.node, err)
				}
				mu.Unlock()
				told = err != nil
				pause(cmd.Context())
			}
		}()
	}
	all.Wait()
}

// followOnce reads over one connection, which ends with its certificate at the latest.
func (p *party) followOnce(cmd *cobra.Command, limit time.Duration, r *reading, mu *sync.Mutex) error {
	ctx, cancel := context.WithTimeout(cmd.Context(), limit)
	conn, err := client.Dial(ctx, r.node, p.nodes[r.node], p.who)
	cancel()
	if err != nil {
		return err
	}
	defer conn.Close()
	for asked := false; ; asked = true {
		ctx, cancel := context.WithTimeout(cmd.Context(), limit)
		bodies, err := conn.Ask(ctx, r.request)
		cancel()
		switch {
		case err != nil && asked && errors.Is(err, client.ErrBroken):
			return nil // the certificate ended, or the gate was another's time
		case err != nil:
			return err
		}
		mu.Lock()
		err = r.lines(cmd.OutOrStdout(), bodies)
		mu.Unlock()
		if err != nil {
			return err
		}
		pause(cmd.Context())
	}
}

func pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(pollEvery):
	}
}
