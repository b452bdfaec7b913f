package tidy

import (
	"go/ast"
	"go/token"
	"path"
)

// checkGo holds for Go files.
func (h *house) checkGo(f *file) {
	if lines := f.lines(); lines > fileLinesMax {
		h.add("file-lines", f, 0, "%d lines, more than %d; split it by what it tells", lines, fileLinesMax)
	}
	if bad, is := vague(baseName(f.path)); is {
		h.add("vague-name", f, 0, "file name with %q", bad)
	}
	for _, decl := range f.syntax.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			h.checkFunc(f, d)
		case *ast.GenDecl:
			h.checkDoc(f, d)
		}
	}
	ast.Inspect(f.syntax, func(node ast.Node) bool {
		h.checkNode(f, node)
		return true
	})
}

// checkFunc looks at a function's length, name and comment.
func (h *house) checkFunc(f *file, d *ast.FuncDecl) {
	lines := f.set.Position(d.End()).Line - f.line(d) + 1
	most := funcLinesMax
	if f.isTest() {
		most = testLinesMax
	}
	switch {
	case lines > most:
		h.add("func-lines-max", f, f.line(d), "%s has %d lines, more than %d", d.Name.Name, lines, most)
	case lines > funcLinesGoal && !f.isTest():
		h.add("func-lines-goal", f, f.line(d), "%s has %d lines; aim at %d", d.Name.Name, lines, funcLinesGoal)
	}
	if d.Recv == nil && d.Name.Name == "init" && f.inPID1() {
		h.add("init-func", f, f.line(d), "an init function runs before main, in an order that nobody reads")
	}
	if d.Doc == nil && d.Name.IsExported() && !f.isTest() && exportedReceiver(d) {
		h.add("doc", f, f.line(d), "%s has no doc comment", d.Name.Name)
	}
}

// exportedReceiver says whether a method can be called from outside by name.
func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	t := d.Recv.List[0].Type
	if star, is := t.(*ast.StarExpr); is {
		t = star.X
	}
	if index, is := t.(*ast.IndexExpr); is {
		t = index.X
	}
	name, is := t.(*ast.Ident)
	return is && name.IsExported()
}

// checkDoc wants a comment at each exported type, constant and variable; one
// over a group speaks for all of it.
func (h *house) checkDoc(f *file, d *ast.GenDecl) {
	if f.isTest() || d.Tok == token.IMPORT {
		return
	}
	for _, spec := range d.Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			if s.Name.IsExported() && s.Doc == nil && d.Doc == nil {
				h.add("doc", f, f.line(s), "%s has no doc comment", s.Name.Name)
			}
		case *ast.ValueSpec:
			for _, name := range s.Names {
				if name.IsExported() && s.Doc == nil && s.Comment == nil && d.Doc == nil {
					h.add("doc", f, f.line(s), "%s has no doc comment", name.Name)
				}
			}
		}
	}
}

// checkNode looks at single nodes, wherever they are.
func (h *house) checkNode(f *file, node ast.Node) {
	switch n := node.(type) {
	case *ast.GoStmt:
		if f.inPID1() {
			h.add("go-statement", f, f.line(n), "PID 1 is one goroutine")
		}
	case *ast.SelectorExpr:
		from, is := n.X.(*ast.Ident)
		wait := n.Sel.Name == "EpollWait" || n.Sel.Name == "EpollPwait"
		if is && wait && !f.isTest() && (from.Name == "unix" || from.Name == "syscall") {
			h.add("epoll-wait", f, f.line(n), "the one EpollWait of the repository is the loop's")
		}
	case *ast.FuncDecl:
		h.checkName(f, n.Name)
	case *ast.TypeSpec:
		h.checkName(f, n.Name)
	case *ast.ValueSpec:
		h.checkNames(f, n.Names)
	case *ast.Field:
		h.checkNames(f, n.Names)
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			return
		}
		for _, left := range n.Lhs {
			if name, is := left.(*ast.Ident); is {
				h.checkName(f, name)
			}
		}
	}
}

func (h *house) checkNames(f *file, names []*ast.Ident) {
	for _, name := range names {
		h.checkName(f, name)
	}
}

func (h *house) checkName(f *file, name *ast.Ident) {
	if bad, is := vague(name.Name); is {
		h.add("vague-name", f, f.line(name), "%s: %q says nothing; name what it does", name.Name, bad)
	}
}

// checkMutable looks for package variables of PID 1 that change: those without
// a value, and those that are assigned to anywhere in their package. A table
// that is only read is as good as a constant, which Go has not.
func (h *house) checkMutable() {
	declared := map[string]bool{} // "folder name"
	for i := range h.files {
		if f := &h.files[i]; f.inPID1() {
			h.packageVars(f, declared)
		}
	}
	for i := range h.files {
		if f := &h.files[i]; f.inPID1() {
			h.assignments(f, declared)
		}
	}
}

func (h *house) packageVars(f *file, declared map[string]bool) {
	for _, decl := range f.syntax.Decls {
		d, is := decl.(*ast.GenDecl)
		if !is || d.Tok != token.VAR {
			continue
		}
		for _, spec := range d.Specs {
			values := spec.(*ast.ValueSpec)
			for _, name := range values.Names {
				declared[path.Dir(f.path)+" "+name.Name] = true
				if len(values.Values) == 0 {
					h.add("mutable-var", f, f.line(name), "package variable %s has no value, so it must change", name.Name)
				}
			}
		}
	}
}

func (h *house) assignments(f *file, declared map[string]bool) {
	check := func(left ast.Expr) {
		name := root(left)
		if name == nil || !declared[path.Dir(f.path)+" "+name.Name] || isLocal(f, name) {
			return
		}
		h.add("mutable-var", f, f.line(name), "package variable %s is changed here", name.Name)
	}
	ast.Inspect(f.syntax, func(node ast.Node) bool {
		switch n := node.(type) {
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE {
				for _, left := range n.Lhs {
					check(left)
				}
			}
		case *ast.IncDecStmt:
			check(n.X)
		}
		return true
	})
}

// root is the variable that an assignment's left side is part of.
func root(left ast.Expr) *ast.Ident {
	for {
		switch e := left.(type) {
		case *ast.Ident:
			return e
		case *ast.IndexExpr:
			left = e.X
		case *ast.SelectorExpr:
			left = e.X
		case *ast.ParenExpr:
			left = e.X
		default:
			return nil
		}
	}
}

// isLocal says whether a name is declared inside a function, where it hides
// the package's. The parser resolves names within a file.
func isLocal(f *file, name *ast.Ident) bool {
	return name.Obj != nil && f.syntax.Scope.Lookup(name.Name) != name.Obj
}
