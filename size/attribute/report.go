package attribute

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// kinds are the columns of a report, in order.
var kinds = []string{Text, Rodata, Pclntab, TypeData, Data, Headers}

// Sum adds the bytes of pieces by what by says of them.
func Sum(pieces []Piece, by func(Piece) string) map[string]int64 {
	sums := map[string]int64{}
	for _, p := range pieces {
		sums[by(p)] += p.Bytes
	}
	return sums
}

// Largest are the names of a sum, the largest first.
func Largest(sums map[string]int64) []string {
	return slices.SortedFunc(maps.Keys(sums), func(a, b string) int {
		return cmp.Or(cmp.Compare(sums[b], sums[a]), cmp.Compare(a, b))
	})
}

// ByModule, ByPackage, ByKind and BySymbol are ways to add pieces up.
func ByModule(p Piece) string { return p.Module }

// ByPackage is the import path.
func ByPackage(p Piece) string { return p.Package }

// ByKind is the kind of byte.
func ByKind(p Piece) string { return p.Kind }

// BySymbol is the symbol with all its kinds.
func BySymbol(p Piece) string { return p.Symbol }

// Report tells whose the bytes are: modules, then the largest packages and
// symbols, as many as rowsMax each, by kind. The last line is what has no owner.
func Report(pieces []Piece, rowsMax int) string {
	var b strings.Builder
	for _, part := range []struct {
		name string
		by   func(Piece) string
	}{{"module", ByModule}, {"package", ByPackage}, {"symbol", BySymbol}} {
		table(&b, pieces, part.name, part.by, rowsMax)
	}
	total, none := int64(0), int64(0)
	for _, p := range pieces {
		total += p.Bytes
		if p.Symbol == Unattributed {
			none += p.Bytes
		}
	}
	shared := Sum(pieces, ByModule)[Shared]
	fmt.Fprintf(&b, "%d bytes in all; %d (%.2f %%) without a name; %d (%.1f %%) of several modules or of the file's form\n",
		total, none, percent(none, total), shared, percent(shared, total))
	return b.String()
}

func table(b *strings.Builder, pieces []Piece, name string, by func(Piece) string, rowsMax int) {
	sums := Sum(pieces, by)
	fmt.Fprintf(b, "%10s %9s %9s %9s %9s %9s %9s  %s\n", "bytes", "text", "rodata", "pclntab", "types", "data", "headers", name)
	rows := Largest(sums)
	for i, row := range rows {
		if i == rowsMax {
			fmt.Fprintf(b, "%10s and %d more\n", "", len(rows)-rowsMax)
			break
		}
		cells := map[string]int64{}
		for _, p := range pieces {
			if by(p) == row {
				cells[p.Kind] += p.Bytes
			}
		}
		fmt.Fprintf(b, "%10d", sums[row])
		for _, kind := range kinds {
			fmt.Fprintf(b, " %9d", cells[kind])
		}
		fmt.Fprintf(b, "  %s\n", row)
	}
	b.WriteString("\n")
}

func percent(part, whole int64) float64 {
	if whole == 0 {
		return 0
	}
	return 100 * float64(part) / float64(whole)
}
