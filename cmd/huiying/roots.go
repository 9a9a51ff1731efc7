package main

// A container without a system, and a system without certificates, still knows
// the public authorities; where there are system certificates, those count.
import _ "golang.org/x/crypto/x509roots/fallback"
