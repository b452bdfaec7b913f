package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"mote/ctl/gate"
	"mote/ctl/pki"
)

// What stands between the network and PID 1: the gate, and the job that issues its
// leaf. PID 1 starts both when somebody connects, each as a user of its own: the job
// has the node's identity key, the gate only what the job wrote.

// gateIdle is how long a gate stays without a client.
const gateIdle = 15 * time.Second

// serveGate is `agent gate -leaf FILE -roots FILE`: standard input is the listening
// socket, standard output the connection to PID 1.
func serveGate(ctx context.Context, leafFile, rootsFile string) error {
	c := gate.Config{Idle: gateIdle, Now: time.Now}
	b, err := os.ReadFile(leafFile)
	if err == nil {
		c.Leaf, err = pki.DecodeLeaf(b)
	}
	if err != nil {
		return fmt.Errorf("gate: its leaf: %w", err)
	}
	if b, err = os.ReadFile(rootsFile); err == nil {
		c.Roots, err = pki.DecodeRoots(b)
	}
	if err != nil {
		return fmt.Errorf("gate: whom it trusts: %w", err)
	}
	listener, err := net.FileListener(os.Stdin)
	if err != nil {
		return fmt.Errorf("gate: standard input is no listening socket: %w; PID 1 gives it", err)
	}
	pid1, err := net.FileConn(os.Stdout)
	if err != nil {
		return errors.Join(fmt.Errorf("gate: standard output is no connection to PID 1: %w", err), listener.Close())
	}
	// Copies of both are used: what is closed is closed.
	if err := errors.Join(os.Stdin.Close(), os.Stdout.Close()); err != nil {
		return err
	}
	return gate.Serve(ctx, listener, pid1, c)
}

// issueLeaf writes a leaf for the node whose key and endorsement are in a file.
func issueLeaf(identityFile string, out io.Writer) error {
	b, err := os.ReadFile(identityFile)
	if err != nil {
		return fmt.Errorf("job leaf: %w", err)
	}
	holder, err := pki.DecodeHolder(b)
	if err != nil {
		return fmt.Errorf("job leaf: %w", err)
	}
	if i, err := holder.Identity(); err != nil || i.Kind != pki.Node {
		return errors.Join(fmt.Errorf("job leaf: the identity is %s, not a node's", i), err)
	}
	leaf, err := holder.Leaf(time.Now(), pki.NodeLeafLife)
	if err != nil {
		return fmt.Errorf("job leaf: %w", err)
	}
	if b, err = pki.EncodeLeaf(leaf); err == nil {
		_, err = out.Write(b)
	}
	return err
}
