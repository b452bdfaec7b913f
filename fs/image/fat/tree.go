package fat

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
)

// node is a file or a folder.
type node struct {
	name    string
	folder  bool
	data    []byte // a file's; a folder's entries once it is filled
	below   []*node
	cluster uint32 // the first, 0 of an empty file
}

// Attributes of an entry.
const (
	attrLabel   = 0x08
	attrFolder  = 0x10
	attrArchive = 0x20
	attrLong    = 0x0f
)

// tree sorts files into folders.
func tree(files []File) (*node, error) {
	root := &node{folder: true}
	if len(files) > filesMax {
		return nil, fmt.Errorf("fat: %d files; at most %d", len(files), filesMax)
	}
	for _, f := range files {
		words := strings.Split(f.Path, "/")
		if len(words) < 2 || len(words) > depthsMax || words[0] != "" {
			return nil, fmt.Errorf("fat: %q is no absolute path of a file", f.Path)
		}
		at := root
		for i, word := range words[1:] {
			if err := checkName(word); err != nil {
				return nil, fmt.Errorf("fat: %q: %w", f.Path, err)
			}
			last := i == len(words)-2
			// Names differ by more than their letters' case.
			same := slices.IndexFunc(at.below, func(n *node) bool { return strings.EqualFold(n.name, word) })
			switch {
			case same < 0:
				at.below = append(at.below, &node{name: word, folder: !last})
				same = len(at.below) - 1
			case last || !at.below[same].folder || at.below[same].name != word:
				return nil, fmt.Errorf("fat: %q: there is another %q", f.Path, at.below[same].name)
			}
			at = at.below[same]
		}
		at.data = f.Data
	}
	return root, nil
}

// checkName takes what has a short form without questions: ASCII without what
// FAT forbids.
func checkName(name string) error {
	for _, c := range []byte(name) {
		if c <= ' ' || c > '~' || strings.IndexByte(`"*/:<>?\|`, c) >= 0 {
			return fmt.Errorf("the letter %q is not for a name here", c)
		}
	}
	if name == "" || len(name) > nameMax || strings.HasSuffix(name, ".") {
		return fmt.Errorf("a name has 1 to %d letters and ends in no dot", nameMax)
	}
	return nil
}

// volume is a file system being filled.
type volume struct {
	spec     Spec
	table    []uint32 // the FAT, as far as it is used
	data     []byte   // from the first cluster on
	clusters uint32
}

// place gives a node and all below it their clusters, folders before what is in
// them.
func (v *volume) place(n *node) error {
	slices.SortFunc(n.below, func(a, b *node) int { return strings.Compare(a.name, b.name) })
	size := len(n.data)
	if n.folder {
		size = n.entriesBytes(n.cluster == 0 && n.name == "")
	}
	count := (size + v.spec.SectorBytes - 1) / v.spec.SectorBytes
	if count > 0 {
		n.cluster = uint32(len(v.table))
		if int64(len(v.table))+int64(count) > int64(v.clusters)+rootCluster {
			return fmt.Errorf("fat: %q doesn't fit the partition", n.name)
		}
		for range count - 1 {
			v.table = append(v.table, uint32(len(v.table))+1)
		}
		v.table = append(v.table, endOfChain)
		v.data = append(v.data, make([]byte, count*v.spec.SectorBytes)...)
	}
	for _, below := range n.below {
		if err := v.place(below); err != nil {
			return err
		}
	}
	return nil
}

// entriesBytes is how long a folder is: label or the two dots, and each name.
func (n *node) entriesBytes(root bool) int {
	count := 2
	if root {
		count = 1
	}
	for i, below := range n.below {
		count += 1 + len(longEntries(below.name, shortName(below.name, i)))
	}
	return count * entryBytes
}

// fill writes a node's bytes and all below it. parent is the folder it is in,
// 0 for the root and for what is in the root.
func (v *volume) fill(n *node, parent uint32) error {
	if n.folder {
		n.data = v.entries(n, parent)
	}
	if n.cluster > 0 {
		copy(v.data[int64(n.cluster-rootCluster)*int64(v.spec.SectorBytes):], n.data)
	}
	inside := n.cluster
	if inside == rootCluster {
		inside = 0 // by this the root is known, whatever its cluster
	}
	for _, below := range n.below {
		if err := v.fill(below, inside); err != nil {
			return err
		}
	}
	return nil
}

// entries is a folder's content.
func (v *volume) entries(n *node, parent uint32) []byte {
	var b []byte
	if n.cluster == rootCluster {
		label := fmt.Sprintf("%-11s", v.spec.Label)
		b = v.entry(b, [11]byte([]byte(label)), attrLabel, 0, 0)
	} else {
		b = v.entry(b, [11]byte([]byte(".          ")), attrFolder, n.cluster, 0)
		b = v.entry(b, [11]byte([]byte("..         ")), attrFolder, parent, 0)
	}
	for i, below := range n.below {
		short := shortName(below.name, i)
		for _, long := range longEntries(below.name, short) {
			b = append(b, long[:]...)
		}
		if below.folder {
			b = v.entry(b, short, attrFolder, below.cluster, 0)
		} else {
			b = v.entry(b, short, attrArchive, below.cluster, uint32(len(below.data)))
		}
	}
	return b
}

// entry appends a short entry.
func (v *volume) entry(b []byte, name [11]byte, attribute byte, cluster, sizeBytes uint32) []byte {
	le := binary.LittleEndian
	date, clock := stamp(v.spec.TimeSec)
	e := make([]byte, entryBytes)
	copy(e, name[:])
	e[11] = attribute
	le.PutUint16(e[14:], clock)
	le.PutUint16(e[16:], date)
	le.PutUint16(e[18:], date)
	le.PutUint16(e[20:], uint16(cluster>>16))
	le.PutUint16(e[22:], clock)
	le.PutUint16(e[24:], date)
	le.PutUint16(e[26:], uint16(cluster))
	le.PutUint32(e[28:], sizeBytes)
	return append(b, e...)
}

// shortName is the alias of eight letters and three: the name itself where it
// is one, or else its first letters with the place in the folder, which no
// other has.
func shortName(name string, place int) [11]byte {
	stem, ext := name, ""
	if dot := strings.LastIndexByte(name, '.'); dot > 0 {
		stem, ext = name[:dot], name[dot+1:]
	}
	if !plain(stem) || !plain(ext) || len(stem) > 8 || len(ext) > 3 {
		number := fmt.Sprintf("~%d", place+1)
		stem = letters(stem)
		stem = stem[:min(len(stem), 8-len(number))] + number
		ext = letters(ext)
		ext = ext[:min(len(ext), 3)]
	}
	return [11]byte([]byte(fmt.Sprintf("%-8s%-3s", stem, ext)))
}

// plain says whether a word is capital letters and digits only.
func plain(word string) bool { return word == letters(word) }

// letters are a word's letters and digits, as capitals.
func letters(word string) string {
	return strings.Map(func(c rune) rune {
		if c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' {
			return c
		}
		return -1
	}, strings.ToUpper(word))
}

// longEntries are what stands before a short entry when that isn't the whole
// name: 13 letters each, the last part first.
func longEntries(name string, short [11]byte) [][entryBytes]byte {
	stem, ext := strings.TrimRight(string(short[:8]), " "), strings.TrimRight(string(short[8:]), " ")
	if name == strings.TrimSuffix(stem+"."+ext, ".") {
		return nil
	}
	sum := shortSum(short[:])
	units := utf16.Encode([]rune(name))
	const each = longLetters
	count := (len(units) + each - 1) / each
	all := make([][entryBytes]byte, count)
	for i := range count {
		e := &all[count-1-i]
		e[0], e[11], e[13] = byte(i+1), attrLong, sum
		for j := range each {
			unit := uint16(0xffff) // behind the end, which is 0
			switch at := i*each + j; {
			case at < len(units):
				unit = units[at]
			case at == len(units):
				unit = 0
			}
			binary.LittleEndian.PutUint16(e[longPlace(j):], unit)
		}
	}
	all[0][0] |= 0x40 // LAST_LONG_ENTRY
	return all
}

// longLetters of a long name stand in an entry.
const longLetters = 13

// longPlace is where the j-th of an entry's 13 letters stands.
func longPlace(j int) int {
	switch {
	case j < 5:
		return 1 + 2*j
	case j < 11:
		return 14 + 2*(j-5)
	}
	return 28 + 2*(j-11)
}
