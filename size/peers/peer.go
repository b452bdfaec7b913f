package main

import (
	"context"
	"embed"
	"fmt"
	"os"
	"path/filepath"
)

//go:embed files
var files embed.FS

// peer is an init of the comparison.
type peer struct {
	name string
	// version is where it comes from, and which one it is.
	version string
	// init is the path of its process 1 in the image.
	init string
	// words are kernel words that it needs.
	words []string
	// note says what is different about it, for the table's reader.
	note string
	// fill makes its root; nil where image was built already.
	fill func(ctx context.Context, b *builder, t *tree) error

	// image, and the bytes of it and of process 1 alone.
	image      string
	imageBytes int64
	initBytes  int64
}

// builder has what the peers' roots are made from.
type builder struct {
	top    string // the checkout
	folder string // where images and binaries are written
	pool   *pool
}

// text gives one of our own files.
func text(name string) string {
	b, err := files.ReadFile("files/" + name)
	if err != nil {
		panic(err) // it is embedded: only a typing error leads here
	}
	return string(b)
}

// gobuild makes a static binary as Mote's own are made.
func (b *builder) gobuild(ctx context.Context, folder, pkg, name string) (string, error) {
	out := filepath.Join(b.folder, name)
	_, err := command(ctx, folder, "env", "CGO_ENABLED=0", "GOOS=linux", "GOFLAGS=-trimpath",
		"go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w -buildid=", "-o", out, pkg)
	return out, err
}

// build makes the peer's image.
func (p *peer) build(ctx context.Context, b *builder) error {
	t := &tree{}
	if err := p.fill(ctx, b, t); err != nil {
		return err
	}
	service, err := b.gobuild(ctx, b.top, "./size/peers/service", "service")
	if err != nil {
		return err
	}
	t.file("/bin/service", service, 0o755)
	p.image = filepath.Join(b.folder, p.name+".squashfs")
	if p.imageBytes, err = t.write(ctx, p.image); err != nil {
		return err
	}
	p.initBytes, err = t.size(p.init)
	return err
}

// size is a file's length, through links.
func (t *tree) size(path string) (int64, error) {
	for _, n := range t.nodes {
		switch {
		case n.path != path:
		case n.target != "":
			return t.size(filepath.Join(filepath.Dir(path), n.target))
		case n.source == "":
			return int64(len(n.content)), nil
		default:
			info, err := os.Stat(n.source)
			if err != nil {
				return 0, err
			}
			return info.Size(), nil
		}
	}
	return 0, fmt.Errorf("peers: no %s in the image", path)
}
