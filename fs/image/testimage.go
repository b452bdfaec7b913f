package image

// TestProgram returns the program that behaves as its arguments say, for the
// manifests of tests: /bin/testprog, see its `help`. It is built with an entry
// of its own, which notes the signals it was started with before Go's runtime
// changes them.
func TestProgram(root string) Program {
	flags := ProgramFlags()
	flags.Entry = "main.entry"
	return Program{Path: ProgramFolder + "/testprog", Package: "./fs/image/testprog", Module: root, Flags: flags,
		Reason: "behaves well or badly, as a test's manifest says"}
}

// testProfile shows that the test program runs: it reports what it was started
// with. Tests bring manifests of their own.
func testProfile(root string) Profile {
	return Profile{
		Name:     "test",
		What:     "the test program, which reports what it was started with",
		Manifest: profileManifest("test"),
		Programs: []Program{TestProgram(root)},
	}
}
