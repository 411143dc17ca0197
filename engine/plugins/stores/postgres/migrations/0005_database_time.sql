-- What waits for its time waits by the database's clock, which all nodes share.
CREATE FUNCTION database_time() RETURNS BIGINT LANGUAGE sql STABLE AS
    $$ SELECT (extract(epoch FROM statement_timestamp()) * 1000000)::bigint $$;
