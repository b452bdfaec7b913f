package gencmd

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"os"
	"path/filepath"
	"strings"
	"text/template"
	"time"

	"mote/ctl/mote/contexts"
	"mote/ctl/mote/exit"
	"mote/ctl/pki"
	"mote/fs/image/keyset"
	"mote/wire"
)

// rootName is the root's, which nobody else can have: its files are named so.
const rootName = "root"

// house is a folder of keys.
type house struct {
	dir  string
	now  time.Time
	root pki.Holder
	// admin tells whether the operator may sign manifests.
	admin bool
	lines []line
}

// line is a file that the house has, for the report.
type line struct {
	name, what string
	made       bool
}

// openHouse opens the folder, or makes it with a root.
func openHouse(dir string, now time.Time) (*house, error) {
	h := &house{dir: dir, now: now}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("gen: %w", err)
	}
	const what = "the root; keep its key away from every network"
	key, keyErr := os.ReadFile(h.path("root.key"))
	crt, crtErr := os.ReadFile(h.path("root.crt"))
	if errors.Is(keyErr, fs.ErrNotExist) && errors.Is(crtErr, fs.ErrNotExist) {
		private, err := pki.NewKey()
		if err == nil {
			h.root, err = pki.NewRoot(private, "Mote "+filepath.Base(dir), now)
		}
		if err == nil {
			key, err = h.root.Encode()
		}
		if err != nil {
			return nil, err
		}
		key = key[:bytes.Index(key, []byte("-----BEGIN CERTIFICATE"))]
		h.note("root.key, root.crt", what, true)
		return h, errors.Join(h.put("root.key", key, 0o600), h.put("root.crt", pki.EncodeCertificates(h.root.Certificate), 0o644))
	}
	if err := errors.Join(keyErr, crtErr); err != nil {
		return nil, exit.With(exit.NotFound, fmt.Errorf("gen: %s has a part of a root only: %w; bring both files, or take another folder", dir, err))
	}
	var err error
	if h.root, err = pki.DecodeHolder(key, crt); err != nil {
		return nil, exit.With(exit.Unverified, fmt.Errorf("gen: the root in %s: %w", dir, err))
	}
	h.note("root.key, root.crt", what, false)
	return h, nil
}

func (h *house) path(name string) string { return filepath.Join(h.dir, name) }

func (h *house) note(name, what string, made bool) {
	h.lines = append(h.lines, line{name, what, made})
}

// put writes a new file.
func (h *house) put(name string, b []byte, mode os.FileMode) error {
	f, err := os.OpenFile(h.path(name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return fmt.Errorf("gen: %w", err)
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}

// there tells whether a file is, and fails where that can't be told.
func (h *house) there(name string) (bool, error) {
	_, err := os.Lstat(h.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// operator makes an operator's key, or endorses the one that `mote manifest key` made.
// One that was endorsed keeps its role.
func (h *house) operator(i pki.Identity) error {
	files := fmt.Sprintf("%[1]s.key, %[1]s.pub, %[1]s.crt", i.Name)
	if there, err := h.there(i.Name + ".crt"); err != nil {
		return err
	} else if there {
		return h.endorsed(i.Name, files)
	}
	if there, err := h.there(i.Name + ".key"); err != nil {
		return err
	} else if !there {
		if _, err := keyset.CreateSingle(h.path(i.Name)); err != nil {
			return err
		}
	}
	key, err := keyset.LoadPrivate(h.path(i.Name + ".key"))
	if err != nil {
		return err
	}
	c, err := h.root.Endorse(key.Public(), i, h.now, pki.OperatorLife)
	if err != nil {
		return err
	}
	h.admin = i.Role == wire.RoleAdmin
	h.note(files, fmt.Sprintf("%s, until %s", i, c.NotAfter.Format(time.DateOnly)), true)
	return h.put(i.Name+".crt", pki.EncodeCertificates(c), 0o644)
}

// endorsed reads what the root said of an operator before.
func (h *house) endorsed(name, files string) error {
	key, keyErr := os.ReadFile(h.path(name + ".key"))
	crt, crtErr := os.ReadFile(h.path(name + ".crt"))
	if err := errors.Join(keyErr, crtErr); err != nil {
		return exit.With(exit.NotFound, fmt.Errorf("gen: operator %s: %w; bring both files, or take another name", name, err))
	}
	holder, err := pki.DecodeHolder(key, crt)
	if err != nil {
		return exit.With(exit.Unverified, fmt.Errorf("gen: operator %s: %w", name, err))
	}
	i, err := holder.Identity()
	if err != nil {
		return exit.With(exit.Unverified, fmt.Errorf("gen: operator %s: %w", name, err))
	}
	h.admin = i.Role == wire.RoleAdmin
	h.note(files, fmt.Sprintf("%s, until %s", i, holder.Certificate.NotAfter.Format(time.DateOnly)), false)
	return nil
}

// node makes a node's identity and its first manifest.
func (h *house) node(n node, operator string) error {
	if there, err := h.there(n.name + ".identity"); there || err != nil {
		h.note(n.name+".identity", "node "+n.name, false)
		return errors.Join(err, h.manifest(n, operator))
	}
	key, err := pki.NewKey()
	if err != nil {
		return err
	}
	i := pki.Identity{Kind: pki.Node, Name: n.name}
	c, err := h.root.Endorse(key.Public(), i, h.now, pki.NodeLife)
	if err != nil {
		return err
	}
	b, err := pki.Holder{Certificate: c, Key: key}.Encode()
	if err != nil {
		return err
	}
	h.note(n.name+".identity", fmt.Sprintf("%s, until %s; a secret, for its image", i, c.NotAfter.Format(time.DateOnly)), true)
	return errors.Join(h.put(n.name+".identity", b, 0o600), h.manifest(n, operator))
}

// first is a node's first manifest.
var first = template.Must(template.New("manifest").Parse(`# What {{.Name}} shall be. mote explain FIELD tells what a field means, mote manifest
# validate what is wrong. Bake it into an image by mote image build --manifest.
mote: v1
node: {{.Name}}
links:
  first: {dhcp4: true}
{{if .Key}}
# Whose signature makes another manifest this node's.
access:
  {{.Operator}}: {key: "{{.Key}}"}
{{end}}
# How operators ask the node: mote get, mote logs.
gate:
  port: {{.Port}}
  root: ${file:root.crt}
  identity: ${file:{{.Name}}.identity}
`))

func (h *house) manifest(n node, operator string) error {
	const what = "its first manifest; change it as you like"
	if there, err := h.there(n.name + ".yaml"); there || err != nil {
		h.note(n.name+".yaml", what, false)
		return err
	}
	trusted := ""
	if h.admin {
		key, err := keyset.LoadPrivate(h.path(operator + ".key"))
		if err != nil {
			return err
		}
		trusted = fmt.Sprintf("%x", []byte(key.Public().(ed25519.PublicKey)))
	}
	_, port, err := net.SplitHostPort(n.address)
	if err != nil {
		return fmt.Errorf("gen: %w", err)
	}
	var b strings.Builder
	if err := first.Execute(&b, map[string]string{"Name": n.name, "Operator": operator, "Port": port, "Key": trusted}); err != nil {
		return fmt.Errorf("gen: %w", err)
	}
	h.note(n.name+".yaml", what, true)
	return h.put(n.name+".yaml", []byte(b.String()), 0o644)
}

// context is the house's, with what it had.
func (h *house) context(old contexts.Context, operator string, nodes []node) contexts.Context {
	c := contexts.Context{Root: h.path("root.crt"), Key: h.path(operator + ".key"), Certificate: h.path(operator + ".crt"), Nodes: map[string]string{}}
	maps.Copy(c.Nodes, old.Nodes)
	for _, n := range nodes {
		c.Nodes[n.name] = n.address
	}
	return c
}

// tell says what is there, and what comes next.
func (h *house) tell(out io.Writer, dir, name, path, operator string, nodes []node) error {
	var b strings.Builder
	wide := 0
	for _, l := range h.lines {
		wide = max(wide, len(l.name))
	}
	for _, l := range h.lines {
		state := "made"
		if !l.made {
			state = "kept"
		}
		fmt.Fprintf(&b, "%s  %-*s  %s\n", state, wide, l.name, l.what)
	}
	fmt.Fprintf(&b, "\nContext %s in %s asks as %s, and is used from now on.\n", name, path, operator)
	if len(nodes) == 0 {
		fmt.Fprintf(&b, "Next: mote gen --operator %s --node NAME=ADDRESS %s\n", operator, dir)
	} else {
		fmt.Fprintf(&b, "Next: mote image build --manifest %s, and when it runs: mote get services\n", filepath.Join(dir, nodes[0].name+".yaml"))
	}
	_, err := io.WriteString(out, b.String())
	return err
}
