package benchcmd

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"

	"mote/ctl/bench"
	"mote/ctl/vm"
	"mote/size/golden"
)

// comparison runs `bench compare` with a result that was prepared, and gives the
// machines that were asked for: counted base and head, and by the clock.
func comparison(t *testing.T, e bench.Exact, args ...string) (out string, machines []vm.Config, err error) {
	t.Helper()
	c := New(Boots{
		Exact: func(_ context.Context, images [2]string, config func(int, string) vm.Config, _ bench.Options, _ int) (bench.Exact, error) {
			machines = append(machines, config(0, images[0]), config(1, images[1]))
			return e, nil
		},
		Pairs: func(_ context.Context, count int, config func(int) vm.Config, _ bench.Options) (base, head []bench.Run, err error) {
			machines = append(machines, config(0), config(1))
			for n := range count {
				base, head = append(base, busybox(int64(n)*1e6)), append(head, busybox(int64(n)*1e6+20e6))
			}
			return base, head, nil
		},
	})
	var b bytes.Buffer
	c.SetOut(&b)
	c.SetErr(&b)
	c.SilenceUsage = true
	c.SetArgs(append([]string{"compare"}, args...))
	err = c.ExecuteContext(t.Context())
	return b.String(), machines, err
}

// slower is a head that takes 3 ms more before the mounts.
func slower() bench.Exact {
	return bench.Exact{Same: true, First: 1, OwnNsec: 170e6, Origin: "the kernel started PID 1", Bytes: [2]int64{4096, 8192},
		Phases: []bench.Phase{{Name: "kernel", BaseNsec: 310e6, HeadNsec: 310e6}, {Name: "mounts", BaseNsec: 40e6, HeadNsec: 43e6}}}
}

func TestCompareGolden(t *testing.T) {
	out, machines, err := comparison(t, slower(), "--kernel", "k", "--head-kernel", "k2", "--memory", "64", "old.squashfs", "new.squashfs")
	if err != nil {
		t.Fatal(err)
	}
	golden.Check(t, filepath.Join("testdata", "compare.txt"), out)
	if len(machines) != 4 || !machines[0].Exact || machines[2].Exact {
		t.Fatalf("machines %+v", machines)
	}
	for i, m := range machines {
		kernel, root := [2]string{"k", "k2"}[i%2], [2]string{"old.squashfs", "new.squashfs"}[i%2]
		if m.Kernel != kernel || m.Root != root || m.Initrd != "" || m.MemoryBytes != 64<<20 {
			t.Errorf("machine %d: %+v", i, m)
		}
	}
	out, _, err = comparison(t, slower(), "--help")
	if err != nil {
		t.Fatal(err)
	}
	golden.Check(t, filepath.Join("testdata", "compare-help.txt"), out)
}

// A script that asks for it gets a status; one who reads gets none.
func TestCompareFails(t *testing.T) {
	for _, c := range []struct {
		exact bench.Exact
		args  string
		want  string
	}{
		{slower(), "--kernel k --pairs 0 a b", ""},
		{slower(), "--kernel k --pairs 0 --fail a b", "b is slower than a"},
		{bench.Exact{First: -1}, "--kernel k --pairs 0 --fail a b", ""},
		{slower(), "a b", "--kernel"},
		{slower(), "--kernel k a", "2 arg"},
		{slower(), "--kernel k --pairs -1 a b", "--pairs"},
		{slower(), "--kernel k --until= a b", "--until"},
	} {
		_, machines, err := comparison(t, c.exact, strings.Fields(c.args)...)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v", c.args, err)
		}
		if c.want == "" && len(machines) != 2 {
			t.Errorf("%s: %d machines", c.args, len(machines))
		}
	}
	_, machines, err := comparison(t, bench.Exact{First: -1}, "--kernel", "k", "--pairs", "0", "--initrd", "a.cpio", "b.cpio")
	if err != nil || machines[1].Initrd != "b.cpio" || machines[1].Root != "" || machines[1].Kernel != "k" {
		t.Errorf("%v, %+v", err, machines)
	}
}
