-- Every version of an order is asked for by what their fingerprints begin with: values are compared byte by byte, which
-- the primary key then serves whatever the language of the database.
ALTER TABLE fingerprint ALTER COLUMN value TYPE TEXT COLLATE "C";
