package dev.unlearn.eval.extraction;

import com.google.common.primitives.Ints;
import dev.unlearn.api.ModelInfo;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Decoding;
import dev.unlearn.spi.DecodingListener;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.Tokenizer;
import java.util.ArrayList;
import java.util.List;

/** A model whose draws are a function; it remembers what it was asked. */
final class SamplingModel implements CausalLm {
  private final Draw draw;
  private final List<List<Integer>> prompts = new ArrayList<>();
  private final List<Decoding> decodings = new ArrayList<>();

  interface Draw {
    int[] continuation(int[] prompt, int index, int newTokens);
  }

  SamplingModel(Draw draw) {
    this.draw = draw;
  }

  List<List<Integer>> prompts() {
    return prompts;
  }

  List<Decoding> decodings() {
    return decodings;
  }

  @Override
  public List<int[]> generate(
      List<TokenSequence> asked, Decoding decoding, DecodingListener listener) {
    decodings.add(decoding);
    List<int[]> continuations = new ArrayList<>();
    for (int index = 0; index < asked.size(); index++) {
      int[] prompt = asked.get(index).ids();
      prompts.add(Ints.asList(prompt));
      continuations.add(draw.continuation(prompt, index, decoding.newTokensAfter(prompt.length)));
    }
    return continuations;
  }

  @Override
  public List<TokenScores> score(List<TokenSequence> sequences) {
    throw new UnsupportedOperationException();
  }

  @Override
  public int vocabularySize() {
    return 10;
  }

  @Override
  public int contextLength() {
    return 100;
  }

  @Override
  public Tokenizer tokenizer() {
    throw new UnsupportedOperationException();
  }

  @Override
  public ModelInfo info() {
    return new ModelInfo("fake", 0, 0, "none", "none");
  }
}
