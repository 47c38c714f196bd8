package dev.unlearn.internal;

/** The methods of the operator module that decode; see {@link DecodingOps}. */
final class DecodingCode {
  static final String METHODS =
      """
        def attend_branches(self: __torch__.Ops,
          q: Tensor,
          k: Tensor,
          v: Tensor,
          prefix_keys: Tensor,
          prefix_values: Tensor,
          prefix_mask: Tensor,
          places: Tensor,
          back: Tensor,
          own_keys: List[Tensor],
          own_values: List[Tensor],
          own_mask: Tensor,
          first_block: int,
          slot: int,
          scale: float,
          cap: float) -> Tensor:
          n = torch.size(k, 0)
          heads = torch.size(k, 1)
          width = torch.size(k, 3)
          group = torch.floordiv(torch.size(q, 1), heads)
          batch = torch.mul(n, heads)
          size = torch.size(own_keys[0], 2)
          block = torch.floordiv(slot, size)
          at = torch.remainder(slot, size)
          key = torch.copy_(torch.select(torch.slice(own_keys[block], 0, 0, n), 2, at), torch.squeeze(k, 2))
          value = torch.copy_(torch.select(torch.slice(own_values[block], 0, 0, n), 2, at), torch.squeeze(v, 2))
          queries = torch.reshape(q, [batch, group, width])
          parts = annotate(List[Tensor], [])
          for i in range(torch.add(block, 1)):
            if torch.ge(i, first_block):
              keys = torch.view(torch.slice(own_keys[i], 0, 0, n), [batch, size, width])
              _0 = torch.append(parts, torch.bmm(queries, torch.transpose(keys, 1, 2)))
            else:
              pass
          scores = torch.add((self).scaled(torch.cat(parts, -1), scale, cap, ), own_mask)
          weights = torch.softmax(scores, -1)
          if torch.gt(torch.size(prefix_keys, 2), 0):
            sequences = torch.size(prefix_keys, 0)
            length = torch.size(prefix_keys, 2)
            rows = torch.floordiv(torch.size(places, 0), sequences)
            pairs = torch.mul(sequences, heads)
            flat = torch.index_select(torch.reshape(q, [n, torch.mul(heads, torch.mul(group, width))]), 0, places)
            asked = torch.reshape(torch.transpose(torch.view(flat, [sequences, rows, heads, torch.mul(group, width)]), 1, 2), [pairs, torch.mul(rows, group), width])
            raw = torch.bmm(asked, torch.transpose(torch.view(prefix_keys, [pairs, length, width]), 1, 2))
            masked = torch.add(torch.view((self).scaled(raw, scale, cap, ), [sequences, heads, rows, group, length]), prefix_mask)
            powers = torch.softmax(masked, -1)
            mixed = torch.view(torch.bmm(torch.view(powers, [pairs, torch.mul(rows, group), length]), torch.view(prefix_values, [pairs, length, width])), [sequences, heads, rows, group, width])
            all = torch.cat([mixed, torch.amax(masked, [-1], True), torch.amax(powers, [-1], True)], -1)
            home = torch.index_select(torch.reshape(torch.transpose(all, 1, 2), [torch.mul(sequences, rows), -1]), 0, back)
            shared = torch.view(home, [batch, group, torch.add(width, 2)])
            shared_top = torch.slice(shared, -1, width, torch.add(width, 1))
            top = torch.amax(scores, [-1], True)
            above = torch.maximum(top, shared_top)
            of_shared = torch.div(torch.exp(torch.clamp(torch.sub(shared_top, above), -80.)), torch.slice(shared, -1, torch.add(width, 1)))
            of_own = torch.div(torch.exp(torch.clamp(torch.sub(top, above), -80.)), torch.amax(weights, [-1], True))
            total = torch.add(of_shared, of_own)
            shares = torch.mul_(weights, torch.div(of_own, total))
            result = torch.mul(torch.slice(shared, -1, 0, width), torch.div(of_shared, total))
          else:
            shares = weights
            result = torch.zeros_like(queries)
          for j in range(torch.add(block, 1)):
            if torch.ge(j, first_block):
              begin = torch.mul(torch.sub(j, first_block), size)
              some = torch.slice(shares, -1, begin, torch.add(begin, size))
              values = torch.view(torch.slice(own_values[j], 0, 0, n), [batch, size, width])
              result = torch.baddbmm(result, some, values)
            else:
              pass
          return torch.view(result, [n, torch.mul(heads, group), 1, width])
        def scaled(self: __torch__.Ops,
          scores: Tensor,
          scale: float,
          cap: float) -> Tensor:
          if torch.eq(cap, 0.):
            result = torch.mul_(scores, scale)
          else:
            result = torch.mul_(torch.tanh_(torch.mul_(scores, torch.div(scale, cap))), cap)
          return result
        def prefix_mask(self: __torch__.Ops,
          first: Tensor,
          end: Tensor,
          keys: Tensor) -> Tensor:
          out = torch.__or__(torch.lt(keys, torch.unsqueeze(first, -1)), torch.ge(keys, torch.unsqueeze(end, -1)))
          return torch.mul(torch.to(out, 6), -1.0e+30)
        def select_rows(self: __torch__.Ops,
          x: Tensor,
          rows: Tensor,
          length: int) -> Tensor:
          return torch.index_select(torch.slice(x, 2, 0, length), 0, rows)
        def encode_rows(self: __torch__.Ops,
          weight: Tensor,
          sample: Tensor,
          missing: int) -> List[Tensor]:
          piece = 4096
          pieces = torch.floordiv(torch.add(torch.size(weight, 0), torch.sub(piece, 1)), piece)
          middle = torch.mean(weight, [0], True)
          highest = torch.zeros_like(middle)
          for i in range(pieces):
            begin = torch.mul(i, piece)
            some = torch.sub(torch.slice(weight, 0, begin, torch.add(begin, piece)), middle)
            highest = torch.maximum(highest, torch.amax(torch.abs(some), [0], True))
          spread = torch.clamp(torch.amax(torch.abs(torch.nan_to_num(sample, 0., 0., 0.)), [0], True), 1.0e-20)
          ratio = torch.log2(torch.div(torch.clamp(highest, 1.0e-20), spread))
          balance = torch.exp2(torch.trunc(torch.div(torch.sub(ratio, torch.median(ratio)), 2.)))
          codes = torch.new_empty(weight, [torch.add(torch.size(weight, 0), missing), torch.size(weight, 1)], dtype=1)
          scales = annotate(List[Tensor], [])
          errors = annotate(List[Tensor], [])
          lengths = annotate(List[Tensor], [])
          wholes = annotate(List[Tensor], [])
          for j in range(pieces):
            start = torch.mul(j, piece)
            whole = torch.div(torch.slice(weight, 0, start, torch.add(start, piece)), balance)
            rows = torch.sub(whole, torch.div(middle, balance))
            scale = torch.div(torch.clamp(torch.amax(torch.abs(rows), [1], True), 1.0e-30), 127.)
            code = torch.clamp(torch.round(torch.div(rows, scale)), -127, 127)
            near = torch.mul(code, scale)
            _0 = torch.copy_(torch.slice(codes, 0, start, torch.add(start, torch.size(rows, 0))), code)
            _1 = torch.append(scales, torch.squeeze(scale, 1))
            _2 = torch.append(errors, torch.amax(torch.linalg_vector_norm(torch.sub(rows, near), 2, [1])))
            _3 = torch.append(lengths, torch.amax(torch.linalg_vector_norm(near, 2, [1])))
            _4 = torch.append(wholes, torch.amax(torch.linalg_vector_norm(whole, 2, [1])))
          count = torch.size(weight, 0)
          again = torch.remainder(torch.arange(missing, dtype=4, device=ops.prim.device(weight)), count)
          _5 = torch.copy_(torch.slice(codes, 0, count), torch.index_select(codes, 0, again))
          known = torch.cat(scales)
          return [codes, torch.cat([known, torch.index_select(known, 0, again)]), balance, torch.clamp(torch.amax(torch.stack(errors)), 1.0e-20), torch.amax(torch.stack(lengths)), torch.amax(torch.stack(wholes))]
        def best_ids(self: __torch__.Ops,
          hidden: Tensor,
          weight: Tensor,
          bias: Tensor,
          codes: Tensor,
          scales: Tensor,
          balance: Tensor,
          error: Tensor,
          length: Tensor,
          longest: Tensor,
          pieces: int,
          products: Tensor,
          piece_scores: Tensor,
          peaks: Tensor) -> Tensor:
          n = torch.size(hidden, 0)
          piece = torch.floordiv(torch.size(codes, 0), pieces)
          cells = torch.mul(n, piece)
          groups = torch.floordiv(piece, 16)
          even = torch.mul(hidden, balance)
          scale = torch.div(torch.clamp(torch.amax(torch.abs(even), [1], True), 1.0e-30), 127.)
          code = torch.clamp(torch.round(torch.div(even, scale)), -127, 127)
          off = torch.clamp(torch.linalg_vector_norm(torch.sub(even, torch.mul(code, scale)), 2, [1], True), 1.0e-20)
          reach = torch.linalg_vector_norm(even, 2, [1], True)
          slip = torch.add(torch.mul(reach, error), torch.mul(off, length))
          rounding = torch.mul(torch.mul(reach, longest), torch.mul(torch.size(hidden, 1), 2.4e-07))
          asked = torch.to(code, 1)
          biased = torch.gt(torch.numel(bias), 0)
          if biased:
            offset = torch.mul(torch.amax(torch.abs(bias)), 4.8e-07)
          else:
            offset = torch.zeros_like(error)
          margin = torch.mul(torch.add(torch.add(torch.mul(slip, 1.001), rounding), offset), 2.)
          if biased:
            filled = torch.constant_pad_nd(bias, [0, torch.sub(torch.size(codes, 0), torch.numel(bias))], float("-inf"))
          else:
            filled = bias
          found = torch.view(torch.slice(piece_scores, 0, 0, cells), [n, piece])
          highest = torch.view(torch.slice(peaks, 0, 0, torch.mul(torch.mul(n, groups), pieces)), [pieces, n, groups])
          for i in range(pieces):
            begin = torch.mul(i, piece)
            end = torch.add(begin, piece)
            product = torch.view(torch.slice(products, 0, torch.mul(i, cells), torch.mul(torch.add(i, 1), cells)), [n, piece])
            _0 = torch._int_mm(asked, torch.t(torch.slice(codes, 0, begin, end)), out=product)
            _1 = torch.mul_(torch.copy_(found, product), torch.slice(scales, 0, begin, end))
            if biased:
              _2 = torch.add_(torch.mul_(found, scale), torch.slice(filled, 0, begin, end))
            else:
              pass
            _3 = torch.amax(torch.view(found, [n, 16, groups]), [1], False, out=torch.select(highest, 0, i))
          if biased:
            reaching = margin
          else:
            reaching = torch.div(margin, scale)
          threshold = torch.sub(torch.unsqueeze(torch.amax(highest, [0, 2]), 1), reaching)
          hits = torch.nonzero(torch.ge(highest, threshold))
          if torch.le(torch.size(hits, 0), torch.mul(n, 64)):
            row = torch.slice(hits, 1, 1, 2)
            column = torch.add(torch.mul(torch.arange(16, dtype=4, device=ops.prim.device(hits)), groups), torch.slice(hits, 1, 2, 3))
            first = torch.slice(hits, 1, 0, 1)
            id = torch.add(torch.mul(first, piece), column)
            place = torch.add(torch.mul(first, cells), torch.add(torch.mul(row, piece), column))
            near = torch.mul(torch.to(torch.take(products, place), 6), torch.take(scales, id))
            if biased:
              score = torch.add(torch.mul(near, torch.take(scale, row)), torch.take(filled, id))
            else:
              score = near
            kept = torch.nonzero(torch.ge(score, torch.take(threshold, row)))
            if torch.le(torch.mul(torch.size(kept, 0), torch.size(hidden, 1)), 8388608):
              hit = torch.select(kept, 1, 0)
              rows = torch.index_select(torch.squeeze(row, 1), 0, hit)
              ids = torch.remainder(torch.index(id, [hit, torch.select(kept, 1, 1)]), torch.size(weight, 0))
              result = (self).exact_best(hidden, weight, bias, rows, ids, )
            else:
              result = torch.new_full(hits, [n], -1)
          else:
            result = torch.new_full(hits, [n], -1)
          return result
        def exact_best(self: __torch__.Ops,
          hidden: Tensor,
          weight: Tensor,
          bias: Tensor,
          rows: Tensor,
          ids: Tensor) -> Tensor:
          n = torch.size(hidden, 0)
          none = torch.size(weight, 0)
          left = torch.unsqueeze(torch.index_select(weight, 0, ids), 1)
          right = torch.unsqueeze(torch.index_select(hidden, 0, rows), 2)
          exact = torch.view(torch.bmm(left, right), [-1])
          if torch.gt(torch.numel(bias), 0):
            _0 = torch.add_(exact, torch.index_select(bias, 0, ids))
          else:
            pass
          best = torch.scatter_reduce(torch.new_full(hidden, [n], float("-inf")), 0, rows, exact, "amax")
          won = torch.eq(exact, torch.index_select(best, 0, rows))
          return torch.scatter_reduce(torch.new_full(ids, [n], none), 0, rows, torch.where(won, ids, none), "amin")
      """;

  private DecodingCode() {}
}
