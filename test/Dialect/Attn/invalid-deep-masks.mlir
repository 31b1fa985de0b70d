// RUN: attn-opt %s -split-input-file -verify-diagnostics

// Masks are parsed by recursion; a limit keeps the stack.

func.func private @deepest() attributes {attn.mask =
  #attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.causal>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>}

// -----

func.func private @too_deep() attributes {attn.mask =
  // expected-error @+1 {{masks nest deeper than 64 levels}}
  #attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.or<#attn.causal>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>}
