package page_test

import (
	"strings"
	"testing"

	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/page"
)

func TestOrders(t *testing.T) {
	orders := page.Orders[string]{
		Unset: page.Keyset[string]{Columns: []string{"place"}},
		Named: map[string]page.Keyset[string]{
			"name":        {Columns: []string{"id"}},
			"create_time": {Columns: []string{"create_time", "id"}},
		},
	}
	for text, want := range map[string]struct {
		column string
		desc   bool
	}{
		"":                    {"place", false},
		"  ":                  {"place", false},
		"name":                {"id", false},
		" name  desc ":        {"id", true},
		"name asc":            {"id", false},
		"create_time":         {"create_time", false},
		"createTime desc":     {"create_time", true},
		"name, create_time":   {},
		"name desc,":          {},
		"title":               {},
		"name descending":     {},
		"Name":                {},
		"-name":               {},
		"name; DROP TABLE x":  {},
		"create_time.seconds": {},
		"place":               {},
	} {
		keys, err := orders.By(text)
		if want.column == "" {
			f, _ := fault.As(err)
			if f == nil || f.Reason != "ORDER_BY_INVALID" || f.Violations[0].Field != "order_by" ||
				!strings.Contains(f.Message, "create_time, name") {
				t.Errorf("%q: %v", text, err)
			}
			continue
		}
		if err != nil || keys.Columns[0] != want.column || keys.Descending != want.desc {
			t.Errorf("%q: %v %v, %v", text, keys.Columns, keys.Descending, err)
		}
	}
}
