package squashfs

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Report tells files and tables, the largest first, and that they add up.
func (m Image) Report() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%11s %7s %11s %7s  %s\n", "stored", "share", "content", "ratio", "file")
	files := slices.Clone(m.Files)
	slices.SortStableFunc(files, func(x, y File) int { return cmp.Compare(y.Stored, x.Stored) })
	sum := uint64(0)
	for _, f := range files {
		note := ""
		switch {
		case f.SameAs != "":
			note = "   (the same blocks as " + f.SameAs + ")"
		case f.Tail > 0 && f.Tail == f.Stored:
			note = "   (its part of a block of tails)"
		}
		fmt.Fprintf(&b, "%11d %5.1f %% %11d %7s  %s%s\n", f.Stored, m.share(f.Stored), f.Bytes, ratio(f), f.Path, note)
		sum += f.Stored
	}
	for _, p := range m.Parts {
		fmt.Fprintf(&b, "%11d %5.1f %% %11s %7s  %s\n", p.Stored, m.share(p.Stored), "", "", p.Name)
		sum += p.Stored
	}
	fmt.Fprintf(&b, "%11d bytes in all, of the image's %d; %d files, %d inodes\n", sum, m.Bytes, len(m.Files), m.Inodes)
	return b.String()
}

func (m Image) share(part uint64) float64 {
	return 100 * float64(part) / float64(max(m.Bytes, 1))
}

// ratio is how much smaller the file is stored; nothing for one that is stored
// elsewhere.
func ratio(f File) string {
	if f.Stored == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f", float64(f.Bytes)/float64(f.Stored))
}
