"""How clients reach the server: stdio, or HTTP on this machine."""
