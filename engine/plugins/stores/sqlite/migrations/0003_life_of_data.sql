-- What pruning and sweeping look up: the fingerprints of a message, and which rows name a body of the blob store.
CREATE INDEX fingerprint_message ON fingerprint (sequence);
CREATE INDEX body_raw_blob ON body (raw) WHERE typeof(raw) = 'text';
CREATE INDEX body_ack_blob ON body (ack) WHERE typeof(ack) = 'text';
CREATE INDEX delivery_body_blob ON delivery_body (body) WHERE typeof(body) = 'text';
CREATE INDEX delivery_answer_blob ON delivery_body (answer) WHERE typeof(answer) = 'text';
CREATE INDEX fragment_blob ON fragment (data) WHERE typeof(data) = 'text';
