import java.nio.file.Path;
import org.neo4j.configuration.connectors.ConnectorPortRegister;
import org.neo4j.configuration.connectors.ConnectorType;
import org.neo4j.dbms.api.DatabaseManagementService;
import org.neo4j.dbms.api.DatabaseManagementServiceBuilder;
import org.neo4j.kernel.internal.GraphDatabaseAPI;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/** Serve HOME: serves HOME by HOME/conf/neo4j.conf until its standard input closes; says "READY port". */
public class Serve {
    public static void main(String[] arguments) throws Exception {
        Signal.handle(new Signal("INT"), SignalHandler.SIG_IGN);  // Ctrl-C is for the parent to answer
        Path home = Path.of(arguments[0]);
        DatabaseManagementService service = new DatabaseManagementServiceBuilder(home)
                .loadPropertiesFromFile(home.resolve("conf/neo4j.conf"))
                .build();
        Runtime.getRuntime().addShutdownHook(new Thread(service::shutdown));
        var ports = ((GraphDatabaseAPI) service.database("system"))
                .getDependencyResolver().resolveDependency(ConnectorPortRegister.class);
        System.out.println("READY " + ports.getLocalAddress(ConnectorType.BOLT).getPort());
        System.out.flush();
        while (System.in.read() != -1) { }
        System.exit(0);
    }
}
