package dev.unlearn.eval.membership;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.Deflater;

record Zlib(boolean targetsOnly) implements MembershipScore {

  @Override
  public String key() {
    return targetsOnly ? "zlib_open_unlearning" : "zlib";
  }

  @Override
  public String title() {
    return targetsOnly ? "zlib (open-unlearning)" : "zlib";
  }

  @Override
  public List<Double> scores(CausalLm model, List<TokenScores> scores) {
    return scores.stream().map(of -> score(model.tokenizer(), of)).toList();
  }

  private double score(Tokenizer tokenizer, TokenScores scores) {
    TokenSequence sequence = scores.sequence();
    int start = targetsOnly ? sequence.firstTarget() : 0;
    String text = tokenizer.decode(sequence.ids(start, sequence.length()));
    return -Loss.loss(scores) / compressedLength(text);
  }

  /** Returns the length of a text in UTF-8, compressed at the default level, header included. */
  static int compressedLength(String text) {
    Deflater deflater = new Deflater();
    try {
      deflater.setInput(text.getBytes(StandardCharsets.UTF_8));
      deflater.finish();
      byte[] buffer = new byte[1024];
      int length = 0;
      while (!deflater.finished()) {
        length += deflater.deflate(buffer);
      }
      return length;
    } finally {
      deflater.end();
    }
  }
}
