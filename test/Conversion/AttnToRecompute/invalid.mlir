// RUN: attn-opt %s -attn-to-recompute -split-input-file -verify-diagnostics

// What is done to tokens.

func.func @sums_over_tokens(%x: tensor<8x4xf32>, %sum: tensor<4xf32>) -> tensor<8x4xf32> attributes {attn.plan = #attn.plan<segments = [<layers = 1>]>} {
  %init = tensor.empty() : tensor<8x4xf32>
  %y = attn.attention ins(%x, %x, %x : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) outs(%init : tensor<8x4xf32>) {mask = #attn.causal} -> tensor<8x4xf32>
  // expected-error @+1 {{cannot be evaluated token by token: it reduces over tokens}}
  %s = linalg.reduce ins(%y : tensor<8x4xf32>) outs(%sum : tensor<4xf32>) dimensions = [0]
    (%in: f32, %out: f32) {
      %0 = arith.addf %in, %out : f32
      linalg.yield %0 : f32
    }
  %z = linalg.broadcast ins(%s : tensor<4xf32>) outs(%init : tensor<8x4xf32>) dimensions = [0]
  return %z : tensor<8x4xf32>
}

// -----

func.func @softmax_over_tokens(%x: tensor<8x4xf32>) -> tensor<8x4xf32> attributes {attn.plan = #attn.plan<segments = [<layers = 1>]>} {
  %init = tensor.empty() : tensor<8x4xf32>
  %y = attn.attention ins(%x, %x, %x : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) outs(%init : tensor<8x4xf32>) {mask = #attn.causal} -> tensor<8x4xf32>
  // expected-error @+1 {{cannot be evaluated token by token: tokens meet tokens in dimensions 0 and 1 of its result}}
  %scores = tensor.empty() : tensor<8x8xf32>
  %s = linalg.matmul indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (j, k)>, affine_map<(i, j, k) -> (i, j)>]
         ins(%y, %y : tensor<8x4xf32>, tensor<8x4xf32>) outs(%scores : tensor<8x8xf32>) -> tensor<8x8xf32>
  %z = linalg.matmul ins(%s, %y : tensor<8x8xf32>, tensor<8x4xf32>) outs(%init : tensor<8x4xf32>) -> tensor<8x4xf32>
  return %z : tensor<8x4xf32>
}

// -----

func.func @convolution(%x: tensor<8x4xf32>, %taps: tensor<3xf32>) -> tensor<6x4xf32> attributes {attn.plan = #attn.plan<segments = [<layers = 1>]>} {
  %init = tensor.empty() : tensor<8x4xf32>
  %short = tensor.empty() : tensor<6x4xf32>
  %y = attn.attention ins(%x, %x, %x : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) outs(%init : tensor<8x4xf32>) {mask = #attn.causal} -> tensor<8x4xf32>
  // expected-error @+1 {{cannot be evaluated token by token: it reads other tokens than its own}}
  %z = linalg.generic {indexing_maps = [affine_map<(t, c, d) -> (t + d, c)>, affine_map<(t, c, d) -> (d)>, affine_map<(t, c, d) -> (t, c)>],
                       iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%y, %taps : tensor<8x4xf32>, tensor<3xf32>) outs(%short : tensor<6x4xf32>) {
    ^bb0(%a: f32, %w: f32, %o: f32):
      %p = arith.mulf %a, %w : f32
      %s = arith.addf %p, %o : f32
      linalg.yield %s : f32
  } -> tensor<6x4xf32>
  return %z : tensor<6x4xf32>
}

// -----

func.func @shifted(%x: tensor<8x4xf32>) -> tensor<7x4xf32> attributes {attn.plan = #attn.plan<segments = [<layers = 1>]>} {
  %init = tensor.empty() : tensor<8x4xf32>
  %y = attn.attention ins(%x, %x, %x : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) outs(%init : tensor<8x4xf32>) {mask = #attn.causal} -> tensor<8x4xf32>
  // expected-error @+1 {{cannot be evaluated token by token: it takes, moves or adds some of the tokens}}
  %z = tensor.extract_slice %y[1, 0] [7, 4] [1, 1] : tensor<8x4xf32> to tensor<7x4xf32>
  return %z : tensor<7x4xf32>
}

// -----

func.func @padded(%x: tensor<8x4xf32>) -> tensor<9x4xf32> attributes {attn.plan = #attn.plan<segments = [<layers = 1>]>} {
  %zero = arith.constant 0.0 : f32
  %init = tensor.empty() : tensor<8x4xf32>
  %y = attn.attention ins(%x, %x, %x : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) outs(%init : tensor<8x4xf32>) {mask = #attn.causal} -> tensor<8x4xf32>
  // expected-error @+1 {{cannot be evaluated token by token: it takes, moves or adds some of the tokens}}
  %z = tensor.pad %y low[1, 0] high[0, 0] {
    ^bb0(%i: index, %j: index):
      tensor.yield %zero : f32
  } : tensor<8x4xf32> to tensor<9x4xf32>
  return %z : tensor<9x4xf32>
}

// -----

func.func @merged(%x: tensor<8x4xf32>) -> tensor<32xf32> attributes {attn.plan = #attn.plan<segments = [<layers = 1>]>} {
  %init = tensor.empty() : tensor<8x4xf32>
  %y = attn.attention ins(%x, %x, %x : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) outs(%init : tensor<8x4xf32>) {mask = #attn.causal} -> tensor<8x4xf32>
  // expected-error @+1 {{cannot be evaluated token by token: it merges or splits tokens}}
  %z = tensor.collapse_shape %y [[0, 1]] : tensor<8x4xf32> into tensor<32xf32>
  return %z : tensor<32xf32>
}

// -----

func.func @looked_up(%x: tensor<8x4xf32>, %place: tensor<8xindex>) -> tensor<8xf32> attributes {attn.plan = #attn.plan<segments = [<layers = 1>]>} {
  %c0 = arith.constant 0 : index
  %init = tensor.empty() : tensor<8x4xf32>
  %short = tensor.empty() : tensor<8xf32>
  %y = attn.attention ins(%x, %x, %x : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) outs(%init : tensor<8x4xf32>) {mask = #attn.causal} -> tensor<8x4xf32>
  // expected-error @+1 {{cannot be evaluated token by token: its region reads a tensor of other tokens}}
  %z = linalg.map ins(%place : tensor<8xindex>) outs(%short : tensor<8xf32>)
    (%i: index, %out: f32) {
      %e = tensor.extract %y[%i, %c0] : tensor<8x4xf32>
      linalg.yield %e : f32
    }
  return %z : tensor<8xf32>
}

// -----

// Whoever calls may draw random numbers: other ones each time.

func.func private @dropout(tensor<8x4xf32>) -> tensor<8x4xf32>
func.func @random(%x: tensor<8x4xf32>) -> tensor<8x4xf32> attributes {attn.plan = #attn.plan<segments = [<layers = 1>]>} {
  %init = tensor.empty() : tensor<8x4xf32>
  // expected-error @+1 {{cannot be evaluated token by token: it has side effects}}
  %r = func.call @dropout(%x) : (tensor<8x4xf32>) -> tensor<8x4xf32>
  %y = attn.attention ins(%r, %r, %r : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) outs(%init : tensor<8x4xf32>) {mask = #attn.causal} -> tensor<8x4xf32>
  return %y : tensor<8x4xf32>
}

// -----

func.func @unknown(%x: tensor<8x4xf32>, %order: tensor<8x1xindex>) -> tensor<8x4xf32> attributes {attn.plan = #attn.plan<segments = [<layers = 1>]>} {
  %init = tensor.empty() : tensor<8x4xf32>
  %y = attn.attention ins(%x, %x, %x : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) outs(%init : tensor<8x4xf32>) {mask = #attn.causal} -> tensor<8x4xf32>
  // expected-error @+1 {{cannot be evaluated token by token: it is not known what it does to a token; the operations of linalg, tensor, arith and math are}}
  %z = tensor.gather %y[%order] gather_dims([0]) : (tensor<8x4xf32>, tensor<8x1xindex>) -> tensor<8x4xf32>
  return %z : tensor<8x4xf32>
}

// -----

// expected-error @+1 {{cannot be evaluated token by token: it has several blocks; a stack is straight code}}
func.func @several_blocks(%x: tensor<8x4xf32>) -> tensor<8x4xf32> attributes {attn.plan = #attn.plan<segments = [<layers = 1>]>} {
  cf.br ^bb1
^bb1:
  return %x : tensor<8x4xf32>
}

// -----

// What attention sees.

func.func @sees_later_tokens(%x: tensor<8x4xf32>) -> tensor<8x4xf32> attributes {attn.plan = #attn.plan<segments = [<layers = 1>]>} {
  %init = tensor.empty() : tensor<8x4xf32>
  %y = attn.attention ins(%x, %x, %x : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) outs(%init : tensor<8x4xf32>) {mask = #attn.causal} -> tensor<8x4xf32>
  // expected-error @+1 {{cannot be evaluated token by token: its mask does not hide the tokens after a query}}
  %z = attn.attention ins(%y, %y, %y : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) outs(%init : tensor<8x4xf32>) -> tensor<8x4xf32>
  return %z : tensor<8x4xf32>
}

// -----

func.func @cache(%x: tensor<8x4xf32>, %past: index) -> tensor<8x4xf32> attributes {attn.plan = #attn.plan<segments = [<layers = 1>]>} {
  %init = tensor.empty() : tensor<8x4xf32>
  // expected-error @+1 {{cannot be evaluated token by token: it has a query offset or a number of valid keys; in a stack query and key of a token have one position}}
  %y = attn.attention ins(%x, %x, %x : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) query_offset(%past : index) outs(%init : tensor<8x4xf32>) {mask = #attn.causal} -> tensor<8x4xf32>
  return %y : tensor<8x4xf32>
}

// -----

func.func @two_sequences(%x: tensor<8x4xf32>, %y: tensor<?x4xf32>) -> tensor<8x4xf32> attributes {attn.plan = #attn.plan<segments = [<layers = 1>]>} {
  %init = tensor.empty() : tensor<8x4xf32>
  // expected-error @+1 {{cannot be evaluated token by token: there may be more queries than keys, or fewer}}
  %z = attn.attention ins(%x, %y, %y : tensor<8x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>) outs(%init : tensor<8x4xf32>) {mask = #attn.causal} -> tensor<8x4xf32>
  return %z : tensor<8x4xf32>
}

// -----

func.func @another_sequence(%x: tensor<8x4xf32>, %u: tensor<9x4xf32>) -> (tensor<8x4xf32>, tensor<9x4xf32>) attributes {attn.plan = #attn.plan<segments = [<layers = 1>]>} {
  %init = tensor.empty() : tensor<8x4xf32>
  %other = tensor.empty() : tensor<9x4xf32>
  %y = attn.attention ins(%x, %x, %x : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) outs(%init : tensor<8x4xf32>) {mask = #attn.causal} -> tensor<8x4xf32>
  // expected-error @+1 {{cannot be evaluated token by token: it is along another sequence than the attention before it}}
  %v = attn.attention ins(%u, %u, %u : tensor<9x4xf32>, tensor<9x4xf32>, tensor<9x4xf32>) outs(%other : tensor<9x4xf32>) {mask = #attn.causal} -> tensor<9x4xf32>
  return %y, %v : tensor<8x4xf32>, tensor<9x4xf32>
}

// -----

func.func @mask_tensor(%x: tensor<8x4xf32>, %mask: tensor<8x8xi1>) -> tensor<8x4xf32> attributes {attn.plan = #attn.plan<segments = [<layers = 1>]>} {
  %init = tensor.empty() : tensor<8x4xf32>
  // expected-error @+1 {{cannot be evaluated token by token: its mask is a tensor of queries and keys; use a mask attribute or a score region}}
  %y = attn.attention ins(%x, %x, %x : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) mask_tensor(%mask : tensor<8x8xi1>) outs(%init : tensor<8x4xf32>) {mask = #attn.causal} -> tensor<8x4xf32>
  return %y : tensor<8x4xf32>
}

// -----

func.func @positions_among_others(%x: tensor<8x4xf32>, %encoder: tensor<6x4xf32>) -> tensor<8x4xf32> attributes {attn.plan = #attn.plan<segments = [<layers = 1>]>} {
  %init = tensor.empty() : tensor<8x4xf32>
  %y = attn.attention ins(%x, %x, %x : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) outs(%init : tensor<8x4xf32>) {mask = #attn.causal} -> tensor<8x4xf32>
  // expected-error @+1 {{cannot be evaluated token by token: it looks at the positions of queries among keys that are not of their sequence}}
  %z = attn.attention ins(%y, %encoder, %encoder : tensor<8x4xf32>, tensor<6x4xf32>, tensor<6x4xf32>) outs(%init : tensor<8x4xf32>) {mask = #attn.prefix<2>} -> tensor<8x4xf32>
  return %z : tensor<8x4xf32>
}

// -----

// Sizes, plans.

// expected-error @+1 {{dimension 1 of a value of type 'tensor<8x?xf32>' is dynamic; all sizes but the number of tokens have to be static}}
func.func @dynamic_features(%x: tensor<8x?xf32>, %init: tensor<8x?xf32>) -> tensor<8x?xf32> attributes {attn.plan = #attn.plan<segments = [<layers = 1>]>} {
  %y = attn.attention ins(%x, %x, %x : tensor<8x?xf32>, tensor<8x?xf32>, tensor<8x?xf32>) outs(%init : tensor<8x?xf32>) {mask = #attn.causal} -> tensor<8x?xf32>
  return %y : tensor<8x?xf32>
}

// -----

// expected-error @+1 {{the plan has 2 layers, but the function has 1 causal attentions and recurrences}}
func.func @too_many_layers(%x: tensor<8x4xf32>) -> tensor<8x4xf32> attributes {attn.plan = #attn.plan<segments = [<layers = 2>]>} {
  %init = tensor.empty() : tensor<8x4xf32>
  %y = attn.attention ins(%x, %x, %x : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) outs(%init : tensor<8x4xf32>) {mask = #attn.causal} -> tensor<8x4xf32>
  return %y : tensor<8x4xf32>
}

// -----

// expected-error @+1 {{there is no causal attention and no recurrence: no earlier token could be computed again}}
func.func @no_layers(%x: tensor<8x4xf32>) -> tensor<8x4xf32> attributes {attn.plan = #attn.plan<segments = [<layers = 1>]>} {
  %y = arith.addf %x, %x : tensor<8x4xf32>
  return %y : tensor<8x4xf32>
}

// -----

// expected-error @+1 {{what enters the first layer is the function's input, which is there anyway; the first segment can keep none or kv}}
func.func @keeps_what_is_there(%x: tensor<8x4xf32>) -> tensor<8x4xf32> attributes {attn.plan = #attn.plan<segments = [<layers = 1, keep = input>]>} {
  %init = tensor.empty() : tensor<8x4xf32>
  %y = attn.attention ins(%x, %x, %x : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) outs(%init : tensor<8x4xf32>) {mask = #attn.causal} -> tensor<8x4xf32>
  return %y : tensor<8x4xf32>
}

// -----

// expected-error @+1 {{has a plan but no body}}
func.func private @no_body(%x: tensor<8x4xf32>) -> tensor<8x4xf32> attributes {attn.plan = #attn.plan<segments = [<layers = 1>]>}

// -----

func.func @result_without_tokens(%x: tensor<8x4xf32>, %w: tensor<4xf32>) -> (tensor<8x4xf32>, tensor<4xf32>) attributes {attn.plan = #attn.plan<segments = [<layers = 1>]>} {
  %init = tensor.empty() : tensor<8x4xf32>
  %y = attn.attention ins(%x, %x, %x : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) outs(%init : tensor<8x4xf32>) {mask = #attn.causal} -> tensor<8x4xf32>
  // expected-error @+1 {{cannot be evaluated token by token: result 1 is not a sequence of tokens}}
  return %y, %w : tensor<8x4xf32>, tensor<4xf32>
}

// -----

// expected-error @+1 {{no argument has tokens: there is nothing to recompute from}}
func.func @constant(%w: tensor<4xf32>) -> tensor<8x4xf32> attributes {attn.plan = #attn.plan<segments = [<layers = 1>]>} {
  %init = tensor.empty() : tensor<8x4xf32>
  %x = linalg.broadcast ins(%w : tensor<4xf32>) outs(%init : tensor<8x4xf32>) dimensions = [0]
  %y = attn.attention ins(%x, %x, %x : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) outs(%init : tensor<8x4xf32>) {mask = #attn.causal} -> tensor<8x4xf32>
  return %y : tensor<8x4xf32>
}

// -----

// What recurrences do.

func.func @from_the_end(%x: tensor<8x4xf32>, %h0: tensor<4xf32>) -> tensor<8x4xf32> attributes {attn.plan = #attn.plan<segments = [<layers = 1>]>} {
  %init = tensor.empty() : tensor<8x4xf32>
  // expected-error @+1 {{cannot be evaluated token by token: it goes from the last token to the first; reverse the sequence before the stack}}
  %y, %last = recur.scan ins(%x : tensor<8x4xf32>) outs(%init : tensor<8x4xf32>) init(%h0 : tensor<4xf32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> ()>], reverse}
      step(%x_t: tensor<4xf32>, %h: tensor<4xf32>) {
        %next = arith.addf %x_t, %h : tensor<4xf32>
        recur.yield %next : tensor<4xf32>
      } -> tensor<8x4xf32>, tensor<4xf32>
  return %y : tensor<8x4xf32>
}

// -----

func.func @final_state(%x: tensor<8x4xf32>, %h0: tensor<4xf32>) -> (tensor<8x4xf32>, tensor<4xf32>) attributes {attn.plan = #attn.plan<segments = [<layers = 1>]>} {
  %init = tensor.empty() : tensor<8x4xf32>
  // expected-error @+1 {{cannot be evaluated token by token: its final state is used, which no token has; use its outputs}}
  %y, %last = recur.scan ins(%x : tensor<8x4xf32>) outs(%init : tensor<8x4xf32>) init(%h0 : tensor<4xf32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> ()>]}
      step(%x_t: tensor<4xf32>, %h: tensor<4xf32>) {
        %next = arith.addf %x_t, %h : tensor<4xf32>
        recur.yield %next : tensor<4xf32>
      } -> tensor<8x4xf32>, tensor<4xf32>
  return %y, %last : tensor<8x4xf32>, tensor<4xf32>
}

// -----

func.func @no_outputs(%x: tensor<8x4xf32>, %h0: tensor<4xf32>) -> tensor<8x4xf32> attributes {attn.plan = #attn.plan<segments = [<layers = 1>]>} {
  // expected-error @+1 {{cannot be evaluated token by token: it has no outputs; give it one for each token}}
  %last = recur.scan ins(%x : tensor<8x4xf32>) init(%h0 : tensor<4xf32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>]}
      step(%x_t: tensor<4xf32>, %h: tensor<4xf32>) {
        %next = arith.addf %x_t, %h : tensor<4xf32>
        recur.yield %next : tensor<4xf32>
      } -> tensor<4xf32>
  return %x : tensor<8x4xf32>
}

// -----

func.func @positions_alone(%x: tensor<8x4xf32>, %h0: tensor<4xf32>) -> tensor<8x4xf32> attributes {attn.plan = #attn.plan<segments = [<layers = 1>]>} {
  %init = tensor.empty() : tensor<8x4xf32>
  // expected-error @+1 {{cannot be evaluated token by token: its step reads nothing of earlier tokens; compute its states before the stack, as a table}}
  %y, %last = recur.scan ins(%x : tensor<8x4xf32>) outs(%init : tensor<8x4xf32>) init(%h0 : tensor<4xf32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> ()>]}
      step(%x_t: tensor<4xf32>, %h: tensor<4xf32>) {
        %next = arith.addf %h, %h : tensor<4xf32>
        recur.yield %next : tensor<4xf32>
      } -> tensor<8x4xf32>, tensor<4xf32>
  return %y : tensor<8x4xf32>
}

// -----

func.func @chained(%x: tensor<8x4xf32>, %h0: tensor<4xf32>) -> tensor<8x4xf32> attributes {attn.plan = #attn.plan<segments = [<layers = 1>]>} {
  %init = tensor.empty() : tensor<8x4xf32>
  // expected-error @+1 {{cannot be evaluated token by token: it begins with the state that the token before left; use the boundary 'reset'}}
  %y, %last = recur.rescan ins(%x : tensor<8x4xf32>) outs(%init : tensor<8x4xf32>) init(%h0 : tensor<4xf32>)
      {indexing_maps = [affine_map<(t, j) -> (j)>, affine_map<(t, j) -> (t)>, affine_map<(t, j) -> ()>], boundary = #recur<boundary chain>}
      step(%x_t: tensor<4xf32>, %h: tensor<4xf32>) {
        %next = arith.addf %x_t, %h : tensor<4xf32>
        recur.yield %next : tensor<4xf32>
      } -> tensor<8x4xf32>, tensor<4xf32>
  return %y : tensor<8x4xf32>
}

// -----

func.func @all_tokens(%x: tensor<8x4xf32>, %h0: tensor<4xf32>) -> tensor<8x4xf32> attributes {attn.plan = #attn.plan<segments = [<layers = 1>]>} {
  %init = tensor.empty() : tensor<8x4xf32>
  // expected-error @+1 {{cannot be evaluated token by token: it reads the tokens after its own; use the history 'prefix'}}
  %y, %last = recur.rescan ins(%x : tensor<8x4xf32>) outs(%init : tensor<8x4xf32>) init(%h0 : tensor<4xf32>)
      {indexing_maps = [affine_map<(t, j) -> (j)>, affine_map<(t, j) -> (t)>, affine_map<(t, j) -> ()>], history = #recur<history all>}
      step(%x_t: tensor<4xf32>, %h: tensor<4xf32>) {
        %next = arith.addf %x_t, %h : tensor<4xf32>
        recur.yield %next : tensor<4xf32>
      } -> tensor<8x4xf32>, tensor<4xf32>
  return %y : tensor<8x4xf32>
}

// -----

func.func @longer_history(%x: tensor<8x4xf32>, %u: tensor<9x4xf32>, %h0: tensor<4xf32>) -> tensor<8x4xf32> attributes {attn.plan = #attn.plan<segments = [<layers = 1>]>} {
  %init = tensor.empty() : tensor<8x4xf32>
  // expected-error @+1 {{cannot be evaluated token by token: its history may be longer than its tokens, or shorter}}
  %y, %last = recur.rescan ins(%u : tensor<9x4xf32>) outs(%init : tensor<8x4xf32>) init(%h0 : tensor<4xf32>)
      {indexing_maps = [affine_map<(t, j) -> (j)>, affine_map<(t, j) -> (t)>, affine_map<(t, j) -> ()>]}
      step(%x_t: tensor<4xf32>, %h: tensor<4xf32>) {
        %next = arith.addf %x_t, %h : tensor<4xf32>
        recur.yield %next : tensor<4xf32>
      } -> tensor<8x4xf32>, tensor<4xf32>
  return %y : tensor<8x4xf32>
}

// -----

func.func @tokens_as_batch(%x: tensor<8x4xf32>) -> tensor<8x4xf32> attributes {attn.plan = #attn.plan<segments = [<layers = 1>]>} {
  %init = tensor.empty() : tensor<8x4xf32>
  %y = attn.attention ins(%x, %x, %x : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) outs(%init : tensor<8x4xf32>) {mask = #attn.causal} -> tensor<8x4xf32>
  %h0 = tensor.empty() : tensor<8xf32>
  // expected-error @+1 {{cannot be evaluated token by token: it is along another sequence than the tokens of the stack; compute it in a function of its own}}
  %z, %last = recur.scan ins(%y : tensor<8x4xf32>) outs(%init : tensor<8x4xf32>) init(%h0 : tensor<8xf32>)
      {indexing_maps = [affine_map<(b, t) -> (b, t)>, affine_map<(b, t) -> (b, t)>, affine_map<(b, t) -> (b)>]}
      step(%y_t: f32, %h: f32) {
        %next = arith.addf %y_t, %h : f32
        recur.yield %next : f32
      } -> tensor<8x4xf32>, tensor<8xf32>
  return %z : tensor<8x4xf32>
}

// -----

func.func @sees_all_tokens(%x: tensor<8x4xf32>, %h0: tensor<4xf32>) -> tensor<8x4xf32> attributes {attn.plan = #attn.plan<segments = [<layers = 1>]>} {
  %init = tensor.empty() : tensor<8x4xf32>
  %y = attn.attention ins(%x, %x, %x : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) outs(%init : tensor<8x4xf32>) {mask = #attn.causal} -> tensor<8x4xf32>
  // expected-error @+1 {{cannot be evaluated token by token: its regions see other tokens than those that it has come to; give it one row for each}}
  %z, %last = recur.scan ins(%y, %y : tensor<8x4xf32>, tensor<8x4xf32>) outs(%init : tensor<8x4xf32>) init(%h0 : tensor<4xf32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> ()>, affine_map<(t) -> (t)>, affine_map<(t) -> ()>]}
      step(%y_t: tensor<4xf32>, %all: tensor<8x4xf32>, %h: tensor<4xf32>) {
        %first = tensor.extract_slice %all[0, 0] [1, 4] [1, 1] : tensor<8x4xf32> to tensor<4xf32>
        %sum = arith.addf %y_t, %first : tensor<4xf32>
        %next = arith.addf %sum, %h : tensor<4xf32>
        recur.yield %next : tensor<4xf32>
      } -> tensor<8x4xf32>, tensor<4xf32>
  return %z : tensor<8x4xf32>
}

// -----

func.func @dynamic_state(%x: tensor<8x4xf32>, %h0: tensor<?xf32>) -> tensor<8x4xf32> attributes {attn.plan = #attn.plan<segments = [<layers = 1>]>} {
  %init = tensor.empty() : tensor<8x4xf32>
  // expected-error @+1 {{dimension 0 of a value of type 'tensor<?xf32>' is dynamic; all sizes but the number of tokens have to be static}}
  %y, %last = recur.scan ins(%x : tensor<8x4xf32>) outs(%init : tensor<8x4xf32>) init(%h0 : tensor<?xf32>)
      {indexing_maps = [affine_map<(t) -> (t)>, affine_map<(t) -> (t)>, affine_map<(t) -> ()>]}
      step(%x_t: tensor<4xf32>, %h: tensor<?xf32>) {
        %sum = linalg.generic {indexing_maps = [affine_map<(i, n) -> (i)>, affine_map<(i, n) -> (n)>], iterator_types = ["reduction", "parallel"]}
            ins(%x_t : tensor<4xf32>) outs(%h : tensor<?xf32>) {
          ^bb0(%a: f32, %b: f32):
            %c = arith.addf %a, %b : f32
            linalg.yield %c : f32
        } -> tensor<?xf32>
        recur.yield %sum : tensor<?xf32>
      }
      read(%x_t: tensor<4xf32>, %h: tensor<?xf32>) {
        recur.yield %x_t : tensor<4xf32>
      } -> tensor<8x4xf32>, tensor<?xf32>
  return %y : tensor<8x4xf32>
}

// -----

func.func @one_for_all(%x: tensor<8x4xf32>) -> tensor<8x4xf32> attributes {attn.plan = #attn.plan<segments = [<layers = 1>]>} {
  %init = tensor.empty() : tensor<8x4xf32>
  %y = attn.attention ins(%x, %x, %x : tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>) outs(%init : tensor<8x4xf32>) {mask = #attn.causal} -> tensor<8x4xf32>
  %last = tensor.extract_slice %y[7, 0] [1, 4] [1, 1] : tensor<8x4xf32> to tensor<4xf32>
  // expected-error @+1 {{cannot be evaluated token by token: for all tokens it uses what was computed of one}}
  %z = linalg.generic {indexing_maps = [affine_map<(t, d) -> (t, d)>, affine_map<(t, d) -> (d)>, affine_map<(t, d) -> (t, d)>], iterator_types = ["parallel", "parallel"]}
      ins(%y, %last : tensor<8x4xf32>, tensor<4xf32>) outs(%init : tensor<8x4xf32>) {
    ^bb0(%a: f32, %b: f32, %o: f32):
      %s = arith.addf %a, %b : f32
      linalg.yield %s : f32
  } -> tensor<8x4xf32>
  return %z : tensor<8x4xf32>
}

// -----

func.func @window_and_prefix(%x: tensor<8x4xf32>, %prefix: tensor<3x4xf32>) -> tensor<8x4xf32> attributes {attn.plan = #attn.plan<segments = [<layers = 1>]>} {
  %c3 = arith.constant 3 : index
  %init = tensor.empty() : tensor<8x4xf32>
  %k = math.tanh %x : tensor<8x4xf32>
  %all = tensor.concat dim(0) %prefix, %k : (tensor<3x4xf32>, tensor<8x4xf32>) -> tensor<11x4xf32>
  // expected-error @+1 {{cannot be evaluated token by token: its mask hides some of the keys before a query, and it has a prefix of keys; leave out one of both}}
  %y = attn.attention ins(%x, %all, %all : tensor<8x4xf32>, tensor<11x4xf32>, tensor<11x4xf32>) query_offset(%c3 : index)
         outs(%init : tensor<8x4xf32>) {mask = #attn.window<2, 0>} -> tensor<8x4xf32>
  return %y : tensor<8x4xf32>
}
