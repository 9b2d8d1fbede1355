package entity

import (
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
)

func TestRegister(t *testing.T) {
	entities, err := register(registerJSON)
	if err != nil {
		t.Fatal(err)
	}
	code := regexp.MustCompile("^[A-Za-z0-9]{2,32}$")
	alpha3 := regexp.MustCompile("^[A-Z]{3}$")
	seen := map[string]bool{}
	for _, e := range entities {
		t.Run(e.GetCode(), func(t *testing.T) {
			if !code.MatchString(e.GetCode()) || seen[e.GetCode()] {
				t.Error("the code is malformed or there twice")
			}
			seen[e.GetCode()] = true
			if e.GetKind() == placardv1.Entity_KIND_UNSPECIFIED {
				t.Error("has no kind")
			}
			if e.GetKind() == placardv1.Entity_STATE && !alpha3.MatchString(e.GetCode()) {
				t.Error("is a State and has no alpha-3 code")
			}
			for _, n := range []*placardv1.LocalizedText{e.GetShortName(), e.GetFormalName()} {
				for _, text := range []string{n.GetAr(), n.GetZh(), n.GetEn(), n.GetFr(), n.GetRu(), n.GetEs()} {
					if text == "" {
						t.Errorf("a name is not in all languages: %v", n)
					}
				}
			}
		})
	}
}

func TestOutdated(t *testing.T) {
	entity := func(code, short string) *placardv1.Entity {
		return &placardv1.Entity{
			Name: "entities/" + code, Code: code, Kind: placardv1.Entity_STATE,
			ShortName: &placardv1.LocalizedText{En: short},
		}
	}
	register := []*placardv1.Entity{entity("AUT", "Austria"), entity("TUR", "Türkiye"), entity("MEX", "Mexico")}
	present := map[string]*placardv1.Entity{
		"AUT": entity("AUT", "Austria"), "TUR": entity("TUR", "Turkey"), "YUG": entity("YUG", "Yugoslavia"),
	}
	got := outdated(register, present)
	if diff := cmp.Diff(register[1:], got, protocmp.Transform()); diff != "" {
		t.Errorf("outdated (-want +got):\n%s", diff)
	}
}

func TestEntityRow(t *testing.T) {
	entities, err := register(registerJSON)
	if err != nil {
		t.Fatal(err)
	}
	want := entities[0]
	names, err := namesFromEntity(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := entityFromRow(&db.Entity{ID: want.GetCode(), Kind: want.GetKind().String(), Names: names})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("read again (-want +got):\n%s", diff)
	}
}
