"""Complete a museum's specimen list from the collection database (taxon, site, collector)."""
import random
import sqlite3
import tempfile
from pathlib import Path


def build(path, n_taxa, n_sites, rnd):
    db = sqlite3.connect(path)
    db.execute("create table taxon (id integer, name text, family text)")
    db.execute("create table site (code text, country text, lat real, lon real)")
    db.executemany("insert into taxon values (?,?,?)",
                   [(i, f"taxon{i:05d}", f"fam{i % 37}") for i in range(n_taxa)])
    db.executemany("insert into site values (?,?,?,?)",
                   [(f"S{i:04d}", rnd.choice(["NO", "SE", "FI", "IS"]), rnd.uniform(55, 71), rnd.uniform(5, 30))
                    for i in range(n_sites)])
    db.execute("create unique index taxon_id on taxon (id)")
    db.execute("create unique index site_code on site (code)")
    db.commit()
    return db


class Catalogue:
    def __init__(self, db):
        self.db = db

    def one(self, sql, *args):
        return self.db.execute(sql, args).fetchone()  # [cause]

    def specimen(self, number, taxon, site):
        name, family = self.one("select name, family from taxon where id = ?", taxon)  # [cause]
        country, lat = self.one("select country, lat from site where code = ?", site)  # [cause]
        return {"number": number, "name": name, "family": family, "country": country, "lat": lat}


def main():
    rnd = random.Random(1758)
    with tempfile.TemporaryDirectory() as tmp:
        db = build(Path(tmp) / "museum.db", 24_000, 2500, rnd)
        catalogue = Catalogue(db)
        wanted = [(i, rnd.randrange(24_000), f"S{rnd.randrange(2500):04d}") for i in range(70_000)]
        found = [catalogue.specimen(*w) for w in wanted]  # [cause]
        db.close()
    by_country = {}
    for rec in found:
        by_country[rec["country"]] = by_country.get(rec["country"], 0) + 1
    north = sorted(found[:200], key=lambda r: r["lat"])[-1]  # [decoy]
    print(by_country, "northernmost of the first drawer:", north["name"])
    names = []
    for rec in found[:60]:
        if rec["family"] not in names:  # [decoy]
            names.append(rec["family"])
    print(len(names), "families in the first box")


if __name__ == "__main__":
    main()
