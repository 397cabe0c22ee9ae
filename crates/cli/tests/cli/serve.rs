//! `serve`: says where, answers, stops in order.

use crate::env::TestEnv;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};

/// Starts `args` and reads the first line that is an address; the reader keeps the pipe open.
pub(crate) fn start(env: &TestEnv, args: &[&str]) -> (Child, String, BufReader<ChildStdout>) {
    let mut child = env.command(args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    let address = loop {
        line.clear();
        assert!(reader.read_line(&mut line).unwrap() > 0, "it ended without an address");
        if let Some(rest) = line.trim().strip_prefix("http://") {
            break rest.trim_end_matches('/').to_owned();
        }
    };
    (child, address, reader)
}

fn get(address: &str, path: &str) -> String {
    send(address, &format!("GET {path}"), "", "")
}

/// `headers` are whole lines.
#[cfg(feature = "sql")]
pub(crate) fn post(address: &str, path: &str, headers: &str, body: &str) -> String {
    let headers = format!("{headers}Content-Length: {}\r\n", body.len());
    send(address, &format!("POST {path}"), &headers, body)
}

fn send(address: &str, line: &str, headers: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!("{line} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\r\n");
    write!(stream, "{head}{body}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

pub(crate) fn stop(mut child: Child, signal: &str) -> Option<i32> {
    let pid = child.id().to_string();
    assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    child.wait().unwrap().code()
}

#[test]
fn it_answers_where_it_says_and_stops_on_sigterm() {
    let env = TestEnv::with_logs();
    let (child, address, _reader) = start(&env, &["serve", "--listen", "127.0.0.1:0"]);
    assert!(get(&address, "/healthz").starts_with("HTTP/1.1 200"));
    assert!(get(&address, "/").contains("ReplaceRoute"));
    let answer = get(&address, "/api/v1/stats");
    assert!(answer.contains("us-east-1"), "{answer}");
    assert_eq!(stop(child, "-TERM"), Some(0));
}

#[test]
fn it_stops_on_sigint_while_a_client_keeps_its_connection() {
    let env = TestEnv::with_logs();
    let (child, address, _reader) = start(&env, &["serve", "--listen", "127.0.0.1:0"]);
    // The address is printed before signals are listened to; what answers listens to them.
    assert!(get(&address, "/healthz").starts_with("HTTP/1.1 200"));
    let _idle = TcpStream::connect(&address).unwrap();
    assert_eq!(stop(child, "-INT"), Some(0));
}

#[test]
fn a_taken_port_is_an_error_for_serve_and_none_for_up() {
    let env = TestEnv::with_logs();
    let (first, address, _reader) = start(&env, &["serve", "--listen", "127.0.0.1:0"]);
    let text = env.run(&["serve", "--listen", &address]);
    assert!(text.contains("error: cannot listen on"), "{text}");
    assert!(text.contains("hint: --listen 127.0.0.1:0"), "{text}");
    let other = TestEnv::new();
    let (second, other_address, _reader) = start(&other, &["up", "logs", "--listen", &address]);
    assert_ne!(address, other_address);
    assert!(get(&other_address, "/healthz").starts_with("HTTP/1.1 200"));
    assert_eq!(stop(second, "-TERM"), Some(0));
    assert_eq!(stop(first, "-TERM"), Some(0));
}
