package attribute

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"strconv"
)

// empty is a source file whose functions only panic. Comments go, and with them
// the words that bind a function to another package's; a function is never
// inlined, or its callers would shrink too. names are packages' by import path.
func empty(file string, names map[string]string) ([]byte, error) {
	places := token.NewFileSet()
	f, err := parser.ParseFile(places, file, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var kept []ast.Decl
	for _, d := range f.Decls {
		function, is := d.(*ast.FuncDecl)
		if is && function.Recv == nil && (function.Name.Name == "init" || function.Name.Name == "_") {
			continue
		}
		ast.Inspect(d, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				n.Body = panics()
			case *ast.FuncLit:
				n.Body = panics()
			}
			return true
		})
		kept = append(kept, d)
	}
	used := map[string]bool{}
	for _, d := range kept {
		ast.Inspect(d, func(n ast.Node) bool {
			if s, is := n.(*ast.SelectorExpr); is {
				if x, is := s.X.(*ast.Ident); is {
					used[x.Name] = true
				}
			}
			return true
		})
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "package %s\n", f.Name.Name)
	for _, d := range kept {
		switch d := d.(type) {
		case *ast.FuncDecl:
			out.WriteString("\n//go:noinline\n")
		case *ast.GenDecl:
			if d.Tok == token.IMPORT {
				imports(&out, d, used, names)
				continue
			}
		}
		if err := format.Node(&out, places, d); err != nil {
			return nil, err
		}
		out.WriteString("\n")
	}
	return out.Bytes(), nil
}

// panics is the body of an emptied function.
func panics() *ast.BlockStmt {
	return &ast.BlockStmt{List: []ast.Stmt{&ast.ExprStmt{X: &ast.CallExpr{
		Fun: ast.NewIdent("panic"), Args: []ast.Expr{&ast.BasicLit{Kind: token.INT, Value: "0"}},
	}}}}
}

// imports writes those whose names are still used.
func imports(out *bytes.Buffer, d *ast.GenDecl, used map[string]bool, names map[string]string) {
	for _, s := range d.Specs {
		spec := s.(*ast.ImportSpec)
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue
		}
		name := names[path]
		if spec.Name != nil {
			name = spec.Name.Name
		}
		if used[name] {
			fmt.Fprintf(out, "import %s %s\n", name, spec.Path.Value)
		}
	}
}
