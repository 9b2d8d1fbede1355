package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/un-placard/placard/internal/app/apptest"
	"github.com/un-placard/placard/internal/store/storetest"
)

// file writes a file and answers its path.
func file(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.csv")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// database runs the program on the database of a server.
func database(t *testing.T, env *apptest.Env, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	return placard(t, append(args, "--dir", env.Config.Dir, "--db", env.Config.DB)...)
}

func TestEntitiesExportThenImport(t *testing.T) {
	apptest.Each(t, func(t *testing.T, env *apptest.Env) {
		// Texts that a spreadsheet could take for something else.
		code, _, errs := database(t, env, "entities", "import", file(t,
			"code,kind,consultative_status,language,short_name_en,formal_name_fr,short_name_ar\n"+
				"AID,NGO_IN_CONSULTATIVE_STATUS,ROSTER,fr,=A1+1,'-quoted,\"a b, \"\"c\"\"\"\n"))
		if code != 0 {
			t.Fatal(errs)
		}
		code, register, errs := database(t, env, "entities", "export")
		if code != 0 {
			t.Fatal(errs)
		}
		for _, want := range []string{"\ufeffcode,valid_until,kind,", "BOL,,STATE,BO,068,LATIN_AMERICAN_AND_CARIBBEAN,,,", "TUR,2022-06-01,,,,,,,تركيا,", "'=A1+1"} {
			if !strings.Contains(register, want) {
				t.Errorf("the export has no %q", want)
			}
		}
		before := lastChange(t, env)
		for _, args := range [][]string{{"--dry-run"}, nil} {
			code, out, errs := database(t, env, append([]string{"entities", "import", file(t, register)}, args...)...)
			if code != 0 || !strings.HasPrefix(out, "0 created, 0 updated, ") {
				t.Errorf("import %v of what was exported: exit code %d, %s%s", args, code, out, errs)
			}
		}
		if after := lastChange(t, env); after != before {
			t.Errorf("it wrote %d changes", after-before)
		}
		if _, again, _ := database(t, env, "entities", "export"); again != register {
			t.Errorf("exported again (-before +after):\n%s", cmp.Diff(register, again))
		}
	})
}

// lastChange is the number of the last change in a database.
func lastChange(t *testing.T, env *apptest.Env) int64 {
	t.Helper()
	counter, err := env.Store.Client().ChangeCounter.Query().Only(storetest.System(t))
	if err != nil {
		t.Fatal(err)
	}
	return counter.Value
}

func TestEntitiesImport(t *testing.T) {
	apptest.Each(t, func(t *testing.T, env *apptest.Env) {
		content := "code,kind,alpha2_code,short_name_en\nAUT,STATE,AT,Austria\nMEX,STATE,MX,Anahuac\nAID,OTHER_NGO,,Example Aid\n"
		want := "updated  entities/MEX: shortName\ncreated  entities/AID\n1 created, 1 updated, 1 unchanged"
		before := lastChange(t, env)
		code, out, errs := database(t, env, "entities", "import", file(t, content), "--dry-run")
		if code != 0 || strings.TrimSpace(out) != want+" (dry run: nothing is written)" || lastChange(t, env) != before {
			t.Errorf("dry run: exit code %d, %d changes\n%s%s", code, lastChange(t, env)-before, out, errs)
		}
		code, out, errs = database(t, env, "entities", "import", file(t, content))
		if code != 0 || strings.TrimSpace(out) != want || lastChange(t, env) != before+2 {
			t.Errorf("import: exit code %d, %d changes\n%s%s", code, lastChange(t, env)-before, out, errs)
		}

		// Former names, whose rows may stand anywhere.
		_, register, _ := database(t, env, "entities", "export")
		lines := strings.SplitAfter(register, "\r\n")
		mexico := "MEX,2026-06-01,,,,,,,,,Mexico,,,México,,,,,,\r\n"
		older := "MEX,1990-01-01,,,,,,,,,Old Mexico,,,,,,,,,\r\n"
		changed := lines[0] + mexico + strings.Join(lines[1:], "") + older
		if code, out, errs = database(t, env, "entities", "import", file(t, changed)); code != 0 || !strings.Contains(out, "updated  entities/MEX: formerNames") {
			t.Errorf("former names: exit code %d, %s%s", code, out, errs)
		}

		// Everything that is wrong, by line and column, and nothing is written.
		before = lastChange(t, env)
		path := file(t, strings.Join([]string{
			strings.Join(entityColumns(), ","),
			"AUT,,STATE,FR,040,WESTERN_EUROPEAN_AND_OTHERS,,de,,,Austria,,,,,,,,,",
			"AUT,2000-01-01,,,,,,,,,,,,,,,,,,",
			"AUT,1999-13-01,,,,,,,,,Osterreich,,,,,,,,,",
			"NEWCODE,,STATE,,,,,,,,New,,,,,,,,,",
			"ngo,,OTHER_NGO,XX,,AFRICAN,GENERAL,,,,,,,,,,,,,",
		}, "\n")+"\n")
		code, _, errs = database(t, env, "entities", "import", path)
		for _, want := range []string{
			path + ":", "line 2, language: ", "line 4, valid_until: ", "line 3, short_name: ", "line 2, alpha2_code: FR is that of entities/FRA",
			"line 5, code: a State has a code of three capital letters", "line 6, code: ", "line 6, short_name: ", "line 6, alpha2_code: is for States only",
			"line 6, region: is for States only", "line 6, consultative_status: ",
		} {
			if code != exitFailed || !strings.Contains(errs, want) {
				t.Errorf("exit code %d, without %q:\n%s", code, want, errs)
			}
		}
		code, _, errs = database(t, env, "entities", "import", file(t, strings.Join([]string{
			strings.Join(entityColumns(), ","),
			",,STATE,,,,,,,,A,,,,,,,,,",
			"AAA,,COUNTRY,,,,,,,,A,,,,,,,,,",
			"AAA,,STATE,,,,,,,,A,,,,,,,,,",
			"BBB,2000-01-01,,,,,,,,,A,,,,,,,,,",
			"AAA,2000-01-01,STATE,,,,,,,,A,,,,,,,,,",
		}, "\n")+"\n"))
		for _, want := range []string{
			"line 2, code: is needed", `line 3, kind: "COUNTRY" is none of STATE, REGIONAL_ECONOMIC`, "line 4, code: AAA stands in line 3 already",
			"line 5, code: BBB has no row with its present names", "line 6, kind: belongs in the row of the present names",
		} {
			if code != exitFailed || !strings.Contains(errs, want) {
				t.Errorf("exit code %d, without %q:\n%s", code, want, errs)
			}
		}
		code, _, errs = database(t, env, "entities", "import", file(t, "code,valid_until,short_name_en\nAUT,,A\n"))
		if code != exitFailed || !strings.Contains(errs, "line 1: with valid_until the column short_name_ar is needed") {
			t.Errorf("former names of one language: exit code %d\n%s", code, errs)
		}
		if after := lastChange(t, env); after != before {
			t.Errorf("files with mistakes wrote %d changes", after-before)
		}
	})
}

func TestInstrumentsImport(t *testing.T) {
	apptest.Each(t, func(t *testing.T, env *apptest.Env) {
		content := "entity,signature_date,party_date,withdrawal_date\nMEX,2000-12-13,2003-03-04,\nAUT,2000-12-12,2005-09-15,\n"
		code, _, errs := database(t, env, "instruments", "import", "protocol", file(t, content))
		if code != exitFailed || !strings.Contains(errs, "--title-en, or another language: ") {
			t.Errorf("new without a title: exit code %d, %s", code, errs)
		}
		before := lastChange(t, env)
		for _, args := range [][]string{{"--dry-run"}, nil} {
			code, out, errs := database(t, env, append([]string{
				"instruments", "import", "protocol", file(t, content), "--title-en", "Protocol", "--adoption-date", "2000-11-15",
			}, args...)...)
			if code != 0 || !strings.Contains(out, "created  instruments/protocol") || !strings.Contains(out, "2 created, 0 updated, 0 removed, 0 unchanged") {
				t.Errorf("new %v: exit code %d\n%s%s", args, code, out, errs)
			}
		}
		code, table, errs := database(t, env, "instruments", "export", "protocol")
		want := "\ufeffentity,signature_date,party_date,withdrawal_date\r\nAUT,2000-12-12,2005-09-15,\r\nMEX,2000-12-13,2003-03-04,\r\n"
		if code != 0 || table != want {
			t.Errorf("export: exit code %d\n%s%s", code, table, errs)
		}
		code, out, errs := database(t, env, "instruments", "import", "protocol", file(t, table))
		if code != 0 || strings.TrimSpace(out) != "0 created, 0 updated, 0 removed, 2 unchanged" || lastChange(t, env) != before+1 {
			t.Errorf("import of what was exported: exit code %d\n%s%s", code, out, errs)
		}
		code, out, errs = database(t, env, "instruments", "import", "protocol", "--title-es", "Protocolo",
			file(t, "entity,signature_date,party_date,withdrawal_date\nTHA,2001-12-18,,\nAUT,2000-12-12,2005-09-15,2020-01-01\n"))
		for _, want := range []string{
			"updated  entities/AUT", "created  entities/THA", "removed  entities/MEX", "updated  instruments/protocol: title", "1 created, 1 updated, 1 removed, 0 unchanged",
		} {
			if code != 0 || !strings.Contains(out, want) {
				t.Errorf("another table: exit code %d, no %q\n%s%s", code, want, out, errs)
			}
		}
		code, _, errs = database(t, env, "instruments", "import", "protocol", "--in-force-date", "1999-01-01",
			file(t, "entity,signature_date,party_date,withdrawal_date\nATL,2001-12-18,,\nAUT,12.12.2000,,\nILO,,,\nATL,,,\n,,2000-01-01,\n"))
		for _, want := range []string{
			"line 2, entity: entities/ATL is not in the register", "line 3, signature_date: ", "line 4, entity: entities/ILO is of kind",
			"line 5, entity: entities/ATL stands in", "line 6, entity: ", "--in-force-date: must not be before the adoption",
		} {
			if code != exitFailed || !strings.Contains(errs, want) {
				t.Errorf("with mistakes: exit code %d, no %q\n%s", code, want, errs)
			}
		}
		if code, _, errs := database(t, env, "instruments", "export", "none"); code != exitFailed || !strings.Contains(errs, "instruments/none was not found") {
			t.Errorf("export of none: exit code %d, %s", code, errs)
		}
		if after := lastChange(t, env); after != before+2 {
			t.Errorf("%d changes", after-before)
		}
	})
}
