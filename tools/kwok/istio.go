//go:build crds

package main

// Keeps istio.io/api among the requirements: its folder holds the Istio CRDs
// that the tests and the demo install.
import _ "istio.io/api/networking/v1"
