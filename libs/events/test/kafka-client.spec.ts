import { kafkaClientSuite } from './kafka-client-suite.ts';
import { connect } from './support.ts';

kafkaClientSuite('kafkajs', connect);
