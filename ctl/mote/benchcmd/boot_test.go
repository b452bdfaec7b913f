package benchcmd

import (
	"bytes"
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"mote/ctl/bench"
	"mote/ctl/vm"
	"mote/size/golden"
)

// busybox is a system that told three marks, in a run that was shift ns late.
func busybox(shift int64) bench.Run {
	return bench.Run{Accel: vm.TCG, BeforeNsec: 412e6, HostTimed: []string{"mounts"}, Boot: bench.Boot{
		KernelNsec: 310e6, InitNsec: 310e6, ReadyNsec: 480e6 + shift,
		Marks: []bench.Mark{{Name: "kernel", Nsec: 310e6}, {Name: "mounts", Nsec: 350e6}, {Name: "start net", Nsec: 360e6},
			{Name: "up net", Nsec: 470e6 + shift}, {Name: "ready", Nsec: 480e6 + shift}}}}
}

// asked is what a command asked to be measured.
type asked struct {
	config vm.Config
	title  string
	bench.Options
	count int
}

// command runs one with runs that were prepared.
func command(t *testing.T, runs []bench.Run, args ...string) (out string, a asked, err error) {
	t.Helper()
	c := New(Boots{Take: func(_ context.Context, title string, config vm.Config, o bench.Options, count int) (bench.Report, error) {
		a = asked{config, title, o, count}
		return bench.Report{Title: title, Runs: runs, Exact: config.Exact}, nil
	}})
	var b bytes.Buffer
	c.SetOut(&b)
	c.SetErr(&b)
	c.SilenceUsage = true
	c.SetArgs(args)
	err = c.ExecuteContext(t.Context())
	return b.String(), a, err
}

func TestBootGolden(t *testing.T) {
	args := []string{"boot", "--kernel", "vmlinux", "--rootfs", "busybox.squashfs", "--runs", "3"}
	runs := []bench.Run{busybox(2e6), busybox(0), busybox(9e6)}
	for _, format := range []string{"text", "json", "csv", "svg", "trace"} {
		out, _, err := command(t, runs, append(args, "-o", format)...)
		if err != nil {
			t.Fatal(err)
		}
		golden.Check(t, filepath.Join("testdata", "boot."+strings.Replace(strings.Replace(format, "text", "txt", 1), "trace", "trace.json", 1)), out)
	}
	out, _, err := command(t, nil, "boot", "--help")
	if err != nil {
		t.Fatal(err)
	}
	golden.Check(t, filepath.Join("testdata", "boot-help.txt"), out)
}

func TestBootAsksFor(t *testing.T) {
	_, a, err := command(t, []bench.Run{busybox(0)}, "boot", "--kernel", "k", "--initrd", "dir/i.cpio", "--append", "quiet init=/sbin/init",
		"--append", "x=1", "--runs", "4", "--until", "login", "--limit", "20s", "--machine", "q35", "--memory", "64", "--nic", "--needs", "web=net,db", "--needs", "net=")
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(a.config.Append, " "); got != "printk.time=1 loglevel=7 quiet init=/sbin/init x=1" {
		t.Errorf("words %q", got)
	}
	if len(a.Services) != 2 || a.Services[0].Name != "web" || !slices.Equal(a.Services[0].Needs, []string{"net", "db"}) || len(a.Services[1].Needs) != 0 {
		t.Errorf("needs %+v", a.Services)
	}
	if a.count != 4 || a.Until != "login" || a.Limit != 20*time.Second || a.title != "i.cpio on q35" ||
		a.config.MemoryBytes != 64<<20 || len(a.config.NICs) != 1 || !a.config.NICs[0].NoPeer {
		t.Errorf("%+v", a)
	}
}

// Counted boots that are not alike are shown, and are an error.
func TestBootExactThatIsNot(t *testing.T) {
	args := []string{"boot", "--kernel", "k", "--rootfs", "r", "--exact"}
	if out, a, err := command(t, []bench.Run{busybox(0), busybox(400)}, args...); err != nil || !a.config.Exact || !strings.Contains(out, "no mark is more than 400 ns apart") {
		t.Errorf("%v: %s", err, out)
	}
	out, _, err := command(t, []bench.Run{busybox(0), busybox(5e6)}, args...)
	if err == nil || !strings.Contains(err.Error(), "5000000 ns apart") || !strings.Contains(out, "critical path") {
		t.Errorf("%v: %s", err, out)
	}
}

func TestBootRefuses(t *testing.T) {
	for args, want := range map[string]string{
		"boot --rootfs r":                             "--kernel",
		"boot --kernel k":                             "nothing to boot into",
		"boot --kernel k --rootfs r --initrd i":       "exclude",
		"boot --kernel k --rootfs r --runs 0":         "--runs 0",
		"boot --kernel k --rootfs r --limit 0s":       "--limit",
		"boot --kernel k --rootfs r --until=":         "--until",
		"boot --kernel k --rootfs r -o yaml":          "no output",
		"boot --kernel k --rootfs r --needs web":      "SERVICE=NEED",
		"boot --kernel k --rootfs r surplus":          "surplus",
		"boot --kernel k --rootfs r --no-such-option": "no-such-option",
	} {
		if _, a, err := command(t, nil, strings.Fields(args)...); err == nil || !strings.Contains(err.Error(), want) || a.title != "" {
			t.Errorf("%s: got %v, asked %+v", args, err, a)
		}
	}
}
