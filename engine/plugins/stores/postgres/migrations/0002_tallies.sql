-- How many messages (destination empty) and deliveries are in each state. A row that every transaction of every node
-- had to change would make them wait for one another: changes are appended, and folded into the sums now and then.

CREATE TABLE tally (
    channel     TEXT   NOT NULL,
    destination TEXT   NOT NULL,
    state       TEXT   NOT NULL,
    amount      BIGINT NOT NULL,
    PRIMARY KEY (channel, destination, state)
) WITH (fillfactor = 50);

CREATE TABLE tally_change (
    channel     TEXT   NOT NULL,
    destination TEXT   NOT NULL,
    state       TEXT   NOT NULL,
    amount      BIGINT NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);

INSERT INTO tally (channel, destination, state, amount)
SELECT channel, '', state, count(*) FROM message GROUP BY channel, state
UNION ALL SELECT channel, destination, state, count(*) FROM delivery GROUP BY channel, destination, state;

CREATE FUNCTION tally_messages() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO tally_change (channel, destination, state, amount)
        SELECT channel, '', state, count(*) FROM after_rows GROUP BY channel, state;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO tally_change (channel, destination, state, amount)
        SELECT channel, '', state, -count(*) FROM before_rows GROUP BY channel, state;
    ELSE
        INSERT INTO tally_change (channel, destination, state, amount)
        SELECT channel, '', state, sum(step) FROM (
            SELECT channel, state, 1 AS step FROM after_rows
            UNION ALL SELECT channel, state, -1 FROM before_rows) steps
        GROUP BY channel, state HAVING sum(step) <> 0;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION tally_deliveries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO tally_change (channel, destination, state, amount)
        SELECT channel, destination, state, count(*) FROM after_rows GROUP BY channel, destination, state;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO tally_change (channel, destination, state, amount)
        SELECT channel, destination, state, -count(*) FROM before_rows GROUP BY channel, destination, state;
    ELSE
        INSERT INTO tally_change (channel, destination, state, amount)
        SELECT channel, destination, state, sum(step) FROM (
            SELECT channel, destination, state, 1 AS step FROM after_rows
            UNION ALL SELECT channel, destination, state, -1 FROM before_rows) steps
        GROUP BY channel, destination, state HAVING sum(step) <> 0;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER tally_insert AFTER INSERT ON message REFERENCING NEW TABLE AS after_rows
    FOR EACH STATEMENT EXECUTE FUNCTION tally_messages();
CREATE TRIGGER tally_update AFTER UPDATE ON message REFERENCING OLD TABLE AS before_rows NEW TABLE AS after_rows
    FOR EACH STATEMENT EXECUTE FUNCTION tally_messages();
CREATE TRIGGER tally_delete AFTER DELETE ON message REFERENCING OLD TABLE AS before_rows
    FOR EACH STATEMENT EXECUTE FUNCTION tally_messages();
CREATE TRIGGER tally_insert AFTER INSERT ON delivery REFERENCING NEW TABLE AS after_rows
    FOR EACH STATEMENT EXECUTE FUNCTION tally_deliveries();
CREATE TRIGGER tally_update AFTER UPDATE ON delivery REFERENCING OLD TABLE AS before_rows NEW TABLE AS after_rows
    FOR EACH STATEMENT EXECUTE FUNCTION tally_deliveries();
CREATE TRIGGER tally_delete AFTER DELETE ON delivery REFERENCING OLD TABLE AS before_rows
    FOR EACH STATEMENT EXECUTE FUNCTION tally_deliveries();
