package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadTable(t *testing.T) {
	known := []string{"code", "name"}
	long := strings.Repeat("x", maxCellSize+1)
	for _, tc := range []struct {
		name, text string
		want       []row
		wrong      []string
	}{
		{
			"with a byte order mark and empty rows", "\ufeffname,code\r\n\"A, \"\"B\"\"\",1\r\n\r\n,\r\n=1+1,2\r\n",
			[]row{{2, map[string]string{"name": `A, "B"`, "code": "1"}}, {5, map[string]string{"name": "=1+1", "code": "2"}}}, nil,
		},
		{"a text over two lines", "code,name\n1,\"A\nB\"\n2,C\n", []row{
			{2, map[string]string{"code": "1", "name": "A\nB"}}, {4, map[string]string{"code": "2", "name": "C"}},
		}, nil},
		{"nothing", "", nil, []string{"the file is empty"}},
		{"an unknown column, one twice, one missing", "name,Code,name", nil, []string{
			`line 1: "Code" is no column: want code, name`, "line 1: name is there twice", "line 1: the column code is missing",
		}},
		{"a hundred columns", strings.Repeat("a,", 99) + "a", nil, []string{
			`line 1: "a" is no column: want code, name`, `line 1: "a" is no column: want code, name`,
			`line 1: "a" is no column: want code, name`, `line 1: "a" is no column: want code, name`,
			"line 1: has 100 columns, and there are 2",
		}},
		{"a thousand columns", strings.Repeat("a,", 999) + "a", nil, []string{"line 1: has 1000 columns, and 200 are the most"}},
		{"other columns than the header", "code,name\n1\n" + strings.Repeat(",", 999) + "x\n1,2\n", nil, []string{
			"line 2: has fewer cells than the header, which has 2", "line 3: has a text in column 1000, and the header has 2 columns",
		}},
		{"a long cell", "code,name\n1," + long + "\n", nil, []string{"line 2, name: is longer than 20000 bytes"}},
		{"Windows-1252 with semicolons", "code;name\n1;M\xe9xico\n", []row{{2, map[string]string{"code": "1", "name": "México"}}}, nil},
		{"two encodings", "code,name\n1,México\n2,M\xe9xico\n", nil, []string{"line 3: is not in UTF-8 as other lines are: save the whole file as UTF-8"}},
		{"an open quotation mark", "code,name\n1,\"A\n", nil, []string{"line 2: a quotation mark is not closed or stands in the middle of a text (line 2)"}},
		{
			"too many rows", "code,name\n" + strings.Repeat("1,2\n", maxTableRows+1), nil,
			[]string{fmt.Sprintf("line %d: is beyond the 20000 rows that a file may have", maxTableRows+2)},
		},
		{"too large", strings.Repeat("x", maxTableSize+1), nil, []string{"is larger than 20 MB"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := readTable(strings.NewReader(tc.text), known, []string{"code"})
			var wrong []string
			if err != nil {
				wrong = strings.Split(err.Error(), "\n")
			}
			if diff := cmp.Diff(tc.wrong, wrong); diff != "" {
				t.Errorf("wrong (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.want, got.rows, cmp.AllowUnexported(row{})); err == nil && diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
	_, err := readTable(strings.NewReader("code\n"+strings.Repeat("1,2\n", 250)), known, nil)
	if lines := strings.Split(err.Error(), "\n"); len(lines) != maxProblems+1 || lines[maxProblems] != "and 150 more" {
		t.Errorf("%d lines, the last %q", len(lines), lines[len(lines)-1])
	}
}
