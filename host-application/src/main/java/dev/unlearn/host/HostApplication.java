package dev.unlearn.host;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.ConfigurableApplicationContext;

/** The service. Settings are those of {@link HostProperties}, and Spring Boot's own. */
@SpringBootApplication(proxyBeanMethods = false)
@EnableConfigurationProperties(HostProperties.class)
public class HostApplication {

  /** Starts it; it ends with the process. */
  public static void main(String[] args) {
    ConfigurableApplicationContext unused = start(args);
  }

  static ConfigurableApplicationContext start(String... args) {
    // Before anything of DJL is loaded: no usage tracking, no downloads.
    System.setProperty("OPT_OUT_TRACKING", "true");
    System.setProperty("ai.djl.offline", "true");
    return SpringApplication.run(HostApplication.class, args);
  }
}
