-- What belongs to personal devices, found out from devices, flows, messages and objects (`personal.py`).
CREATE TABLE personal AS
WITH theirs AS (
    SELECT site::VARCHAR AS site, device_id, ips, macs, class <> '' AS sure FROM {devices}
    WHERE role_hint = 'personal device' OR class IN ('phone', 'tablet', 'handheld')
       OR (class = '' AND (regexp_matches(device_id, '^.[26aeAE][:]') OR split_part(lower(vendor), ' ', 1) IN {phones}))
)
SELECT site, word, bool_or(sure) AS sure FROM (
    SELECT site, device_id AS word, sure FROM theirs
    UNION ALL SELECT site, unnest(ips), sure FROM theirs UNION ALL SELECT site, unnest(macs), sure FROM theirs
) WHERE word <> '' GROUP BY ALL;
CREATE VIEW surely_personal AS SELECT site, word FROM personal WHERE sure;
CREATE TABLE personal_flows AS
SELECT site::VARCHAR AS site, flow_id FROM {flows} t
WHERE (site, client_ip) IN (SELECT (site, word) FROM personal)
   OR (site, server_ip) IN (SELECT (site, word) FROM personal)
   OR (site, client_mac) IN (SELECT (site, word) FROM personal)
   OR (site, server_mac) IN (SELECT (site, word) FROM personal);
CREATE TABLE ends_of_flows AS
SELECT t.site::VARCHAR AS site, server_ip, count(*) AS flows, min(first_ts) AS first_ts, max(last_ts) AS last_ts
FROM {flows} t ANTI JOIN personal_flows p ON t.site = p.site AND t.flow_id = p.flow_id GROUP BY ALL;
CREATE TABLE personal_messages AS
SELECT m.site::VARCHAR AS site, message_id
FROM {messages} m JOIN personal_flows p ON m.site = p.site AND m.flow_id = p.flow_id;
CREATE TABLE personal_objects AS
SELECT o.site::VARCHAR AS site, object_id, sha256 FROM {objects} o
JOIN personal_messages p ON o.site = p.site AND o.message_id = p.message_id;
CREATE VIEW personal_images AS SELECT DISTINCT site, sha256 FROM personal_objects WHERE sha256 <> '';
