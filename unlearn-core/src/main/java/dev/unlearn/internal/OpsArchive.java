package dev.unlearn.internal;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Writes the TorchScript archives behind {@link TorchOps}, {@link HeadOps}, {@link ObjectiveOps},
 * {@link OptimizerOps}, {@link MixedOps}, {@link RoundingOps}, {@link ScoringOps}, {@link
 * PackedLinears}, {@link PackedCodes}, {@link Directions} and {@link FarRows}: each a zip of one
 * class without state whose methods call PyTorch operators.
 *
 * <p>Entries must be stored, not deflated. Format version 10 selects current operator schemas; 3
 * would refuse, for instance, the tanh form of gelu.
 */
final class OpsArchive {
  private static final String CLASS =
      """
      class Ops(Module):
        __parameters__ = []
        __buffers__ = []
        training : bool
        def forward(self: __torch__.Ops,
          x: Tensor) -> Tensor:
          return x
      """;

  private static final String METHODS =
      """
        def attention(self: __torch__.Ops,
          q: Tensor,
          k: Tensor,
          v: Tensor,
          scale: Tensor) -> Tensor:
          keys = (self).like_heads(k, q, )
          values = (self).like_heads(v, q, )
          return torch.scaled_dot_product_attention(q, keys, values, None, 0., True, scale=float(scale))
        def masked_attention(self: __torch__.Ops,
          q: Tensor,
          k: Tensor,
          v: Tensor,
          mask: Tensor,
          scale: Tensor) -> Tensor:
          keys = (self).like_heads(k, q, )
          values = (self).like_heads(v, q, )
          return torch.scaled_dot_product_attention(q, keys, values, mask, 0., False, scale=float(scale))
        def capped_attention(self: __torch__.Ops,
          q: Tensor,
          k: Tensor,
          v: Tensor,
          mask: Tensor,
          scale: Tensor,
          cap: Tensor) -> Tensor:
          keys = (self).like_heads(k, q, )
          values = (self).like_heads(v, q, )
          scores = torch.mul(torch.matmul(q, torch.transpose(keys, -2, -1)), float(scale))
          capped = (self).soft_cap(scores, cap, )
          allowed = torch.masked_fill(capped, torch.logical_not(mask), float("-inf"))
          return torch.matmul(torch.softmax(allowed, -1), values)
        def soft_cap(self: __torch__.Ops,
          x: Tensor,
          cap: Tensor) -> Tensor:
          return torch.mul(torch.tanh(torch.div(x, float(cap))), float(cap))
        def rotate(self: __torch__.Ops,
          x: Tensor,
          cosines: Tensor,
          sines: Tensor) -> Tensor:
          width = torch.size(cosines, -1)
          half = torch.floordiv(width, 2)
          first = torch.slice(x, -1, 0, half)
          second = torch.slice(x, -1, half, width)
          both = torch.slice(x, -1, 0, width)
          crossed = torch.cat([torch.neg(second), first], -1)
          turned = torch.add(torch.mul(both, cosines), torch.mul(crossed, sines))
          return torch.cat([turned, torch.slice(x, -1, width)], -1)
        def rms_norm(self: __torch__.Ops,
          x: Tensor,
          weight: Tensor,
          offset: Tensor,
          epsilon: Tensor) -> Tensor:
          scale = torch.rsqrt(torch.add(torch.mean(torch.pow(x, 2), [-1], True), float(epsilon)))
          return torch.mul(torch.mul(x, scale), torch.add(weight, float(offset)))
        def gelu_tanh(self: __torch__.Ops,
          x: Tensor) -> Tensor:
          return torch.gelu(x, approximate="tanh")
        def silu(self: __torch__.Ops,
          x: Tensor) -> Tensor:
          return torch.silu(x)
        def scale(self: __torch__.Ops,
          x: Tensor,
          factor: Tensor) -> Tensor:
          return torch.mul(x, float(factor))
        def add_scaled(self: __torch__.Ops,
          x: Tensor,
          y: Tensor,
          scale: Tensor) -> Tensor:
          return torch.add(x, y, alpha=float(scale))
        def token_log_probabilities(self: __torch__.Ops,
          logits: Tensor,
          ids: Tensor) -> Tensor:
          chosen = torch.squeeze(torch.gather(logits, 1, torch.unsqueeze(ids, 1)), 1)
          return torch.sub(chosen, torch.logsumexp(logits, [1]))
        def copy(self: __torch__.Ops,
          targets: List[Tensor],
          sources: List[Tensor]) -> Tensor:
          torch._foreach_copy_(targets, sources)
          return targets[0]
        def first(self: __torch__.Ops,
          x: Tensor) -> Tensor:
          return torch.select(x, 0, 0)
        def has_gradient(self: __torch__.Ops,
          target: Tensor,
          x: Tensor) -> Tensor:
          gradient = ops.prim.grad(x)
          return torch.fill_(target, float(torch.numel(gradient)))
        def is_trained(self: __torch__.Ops,
          target: Tensor,
          x: Tensor) -> Tensor:
          if ops.prim.requires_grad(x):
            result = torch.fill_(target, 1.)
          else:
            result = torch.fill_(target, 0.)
          return result
        def swap(self: __torch__.Ops,
          x: Tensor,
          y: Tensor) -> Tensor:
          before = torch.clone(x)
          _0 = torch.copy_(x, y)
          return torch.copy_(y, before)
        def norm(self: __torch__.Ops,
          x: List[Tensor],
          result: Tensor) -> Tensor:
          each = torch.stack(torch._foreach_norm(x))
          return torch.copy_(result, torch.linalg_vector_norm(each))
        def map_whole(self: __torch__.Ops,
          path: str,
          count: int,
          dtype: int) -> Tensor:
          return torch.from_file(path, False, count, dtype=dtype)
        def view_file(self: __torch__.Ops,
          target: Tensor,
          whole: Tensor,
          offset: int,
          shape: List[int],
          strides: List[int]) -> Tensor:
          return torch.set_(target, torch.as_strided(whole, shape, strides, offset))
        def read_file(self: __torch__.Ops,
          target: Tensor,
          whole: Tensor,
          offset: int,
          shape: List[int],
          strides: List[int]) -> Tensor:
          return torch.copy_(target, torch.as_strided(whole, shape, strides, offset))
        def convert_bytes(self: __torch__.Ops,
          target: Tensor,
          bytes: Tensor,
          dtype: int) -> Tensor:
          return torch.copy_(target, torch.view_as(torch.view_copy(torch.clone(bytes), dtype=dtype), target))
      """;

  /** Repeats keys or values for the query heads that share them. */
  static final String LIKE_HEADS =
      """
        def like_heads(self: __torch__.Ops,
          x: Tensor,
          q: Tensor) -> Tensor:
          times = torch.floordiv(torch.size(q, 1), torch.size(x, 1))
          if torch.eq(times, 1):
            result = x
          else:
            result = torch.repeat_interleave(x, times, 1)
          return result
      """;

  /** Pickle protocol 2: an object of class {@code __torch__.Ops} with state {training: true}. */
  private static final byte[] DATA =
      ("\u0080\2" // PROTO 2
              + "c__torch__\nOps\nq\0" // GLOBAL, BINPUT 0
              + ")\u0081}(" // EMPTY_TUPLE, NEWOBJ, EMPTY_DICT, MARK
              + "X\10\0\0\0trainingq\1\u0088u" // BINUNICODE, BINPUT 1, NEWTRUE, SETITEMS
              + "bq\2.") // BUILD, BINPUT 2, STOP
          .getBytes(ISO_8859_1);

  /** Pickle protocol 2: an empty tuple. */
  private static final byte[] CONSTANTS = {(byte) 0x80, 2, ')', '.'};

  private OpsArchive() {}

  /** Loads an archive; hold the model, because one that nobody holds is closed by its finalizer. */
  static Model load(String name, byte[] archive) {
    Model model = Model.newInstance(name, Device.cpu(), Torch.ENGINE);
    ThreadLimit.apply();
    try {
      model.load(new ByteArrayInputStream(archive));
      return model;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot load the operator module", e);
    } catch (MalformedModelException e) {
      throw new IllegalStateException("the engine refused the operator module", e);
    }
  }

  /** Returns the archive of {@link TorchOps}, which every build of PyTorch can load. */
  static byte[] bytes() {
    return bytes(METHODS + LIKE_HEADS + DecodingCode.METHODS + DecodingCode.CHOICES);
  }

  /**
   * Returns an archive.
   *
   * @param methods their text, indented by two spaces
   */
  static byte[] bytes(String methods) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      store(zip, "ops/data.pkl", DATA);
      store(zip, "ops/code/__torch__.py", (CLASS + methods).getBytes(UTF_8));
      store(zip, "ops/constants.pkl", CONSTANTS);
      store(zip, "ops/.data/version", "10\n".getBytes(UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
    return bytes.toByteArray();
  }

  private static void store(ZipOutputStream zip, String name, byte[] content) throws IOException {
    CRC32 crc = new CRC32();
    crc.update(content);
    ZipEntry entry = new ZipEntry(name);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(content.length);
    entry.setCompressedSize(content.length);
    entry.setCrc(crc.getValue());
    entry.setTime(0);
    zip.putNextEntry(entry);
    zip.write(content);
    zip.closeEntry();
  }
}
