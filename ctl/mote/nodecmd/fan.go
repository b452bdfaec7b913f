// Package nodecmd is what is asked of running nodes: `mote get` and `mote logs`.
package nodecmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"mote/ctl/client"
	"mote/ctl/mote/contexts"
	"mote/ctl/mote/exit"
	"mote/ctl/pki"
	"mote/wire"
)

// atOnce nodes are asked at the same time.
const atOnce = 32

// Command is what the verbs need of the world; tests give another.
type Command struct {
	// Now is the clock, of certificates and of ages.
	Now func() time.Time
	// Contexts finds the contexts' file.
	Contexts func() (string, error)
}

// Real is the command in the world.
func Real() Command { return Command{Now: time.Now, Contexts: contexts.Path} }

// target says whom to ask: flags that all verbs have.
type target struct {
	context string
	nodes   []string
	timeout time.Duration
}

func (t *target) flags(f *pflag.FlagSet) {
	f.StringVar(&t.context, "context", "", "the context; by default the one that mote gen made last")
	f.StringArrayVarP(&t.nodes, "node", "n", nil, "a node's name; may be given again; by default all of the context")
	f.DurationVar(&t.timeout, "timeout", 10*time.Second, "how long each node may take")
}

// party is a context that was read: who asks, and whom.
type party struct {
	who   client.Who
	names []string
	nodes map[string]string
}

// open reads the context and the operator's key.
func (c Command) open(t target) (*party, error) {
	path, err := c.Contexts()
	if err != nil {
		return nil, err
	}
	file, err := contexts.Load(path)
	if err != nil {
		return nil, err
	}
	chosen, err := file.Choose(t.context)
	if err != nil {
		return nil, err
	}
	p := &party{who: client.Who{Now: c.Now}, nodes: chosen.Nodes}
	if p.names, err = chosen.Pick(t.nodes); err != nil {
		return nil, err
	}
	texts := map[string][]byte{}
	for _, name := range []string{chosen.Root, chosen.Key, chosen.Certificate} {
		at := name
		if !filepath.IsAbs(at) {
			at = filepath.Join(filepath.Dir(path), at)
		}
		if texts[name], err = os.ReadFile(at); err != nil {
			return nil, exit.With(exit.NotFound, fmt.Errorf("context: %w; bring it back, or make another with mote gen", err))
		}
	}
	if p.who.Roots, err = pki.DecodeRoots(texts[chosen.Root]); err == nil {
		p.who.Holder, err = pki.DecodeHolder(texts[chosen.Key], texts[chosen.Certificate])
	}
	if err != nil {
		return nil, exit.With(exit.Unverified, fmt.Errorf("context: %w", err))
	}
	return p, nil
}

// answer is one node's.
type answer[T any] struct {
	node  string
	value T
	err   error
}

// fan asks all nodes at once, and gives their answers in the order of their names.
func fan[T any](ctx context.Context, p *party, limit time.Duration, ask func(context.Context, string, *client.Client) (T, error)) []answer[T] {
	all := make([]answer[T], len(p.names))
	places := make(chan struct{}, atOnce)
	var done sync.WaitGroup
	for i, name := range p.names {
		done.Add(1)
		go func() {
			defer done.Done()
			places <- struct{}{}
			defer func() { <-places }()
			ctx, cancel := context.WithTimeout(ctx, limit)
			defer cancel()
			all[i].node = name
			c, err := client.Dial(ctx, name, p.nodes[name], p.who)
			if err == nil {
				all[i].value, err = ask(ctx, name, c)
				_ = c.Close() // it was answered, or not
			}
			all[i].err = err
		}()
	}
	done.Wait()
	return all
}

// failures tells which nodes failed on the error output, and what the command's
// status is: the nodes' own where all failed alike, Partly where some did.
func failures[T any](cmd *cobra.Command, all []answer[T]) error {
	count, code := 0, exit.OK
	for _, a := range all {
		if a.err == nil {
			continue
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "%s: %v\n", a.node, a.err)
		count++
		switch c := statusOf(a.err); {
		case count == 1:
			code = c
		case c != code:
			code = exit.Failed
		}
	}
	switch {
	case count == 0:
		return nil
	case count < len(all):
		return exit.Told(exit.Partly, fmt.Errorf("%d of %d nodes failed", count, len(all)))
	}
	return exit.Told(code, errors.New("every node failed"))
}

// statusOf is what a node's failure ends mote with.
func statusOf(err error) exit.Code {
	var refusal wire.ReplyError
	var own *exit.Error
	switch {
	case errors.As(err, &own):
		return own.Code
	case errors.Is(err, client.ErrUnreachable):
		return exit.Unreachable
	case errors.Is(err, client.ErrTime):
		return exit.TimedOut
	case errors.Is(err, client.ErrNotTheNode):
		return exit.Unverified
	case errors.Is(err, client.ErrRefused):
		return exit.Refused
	case errors.As(err, &refusal):
		switch refusal.Code {
		case wire.CodeUnknownService:
			return exit.NotFound
		case wire.CodeForbidden, wire.CodeUntrusted, wire.CodeInvalid:
			return exit.Refused
		}
	}
	return exit.Failed
}
